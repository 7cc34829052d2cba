// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/dataset/split_lists.h"

#include <spdlog/fmt/fmt.h>

#include <emulsion/error.h>

#include "apps/common_text.h"
#include "apps/csv.h"

namespace emulsion::apps {
namespace {

namespace fs = std::filesystem;

void make_folder(const std::string& path) {
    std::error_code error;
    fs::create_directories(path, error);
    if (error)
        throw Error(Error::Kind::failure, one_line(fmt::format("cannot make {}: {}", path, error.message())));
}

}  // namespace

std::vector<std::string> SplitLists::names(const std::string& folder, const Parts& parts, bool folds) {
    std::vector<std::string> files;
    for (const std::string& part : parts.names)
        for (const char* list : folds ? std::vector{"/train", "/test"} : std::vector{""})
            for (const char* end : {".txt", ".csv"}) files.push_back(folder + "/" + part + list + end);
    return files;
}

SplitLists::SplitLists(const std::string& folder, const Parts& parts, bool folds, std::string_view columns)
    : folds_(folds) {
    for (const std::string& name : parts.names) {
        const std::string base = folder + "/" + name;
        if (folds_) {
            make_folder(base);
            trains_.push_back(new_list(base + "/train", columns));
        }
        tests_.push_back(new_list(folds_ ? base + "/test" : base, columns));
    }
}

std::unique_ptr<SplitLists::List> SplitLists::new_list(const std::string& base, std::string_view columns) {
    auto list = std::make_unique<List>(base);
    list->table.add(fmt::format("path,label,{}\n", columns));
    all_.insert(all_.end(), {&list->text, &list->table});
    return list;
}

void SplitLists::add(std::size_t part, const fs::path& photo, bool good, std::string_view cells) {
    if (!folds_) {
        add_line(*tests_[part], photo.generic_string(), good, cells);
        return;
    }
    const std::string path =
        (photo.is_absolute() ? photo : (".." / photo).lexically_normal()).generic_string();
    for (std::size_t fold = 0; fold < tests_.size(); ++fold)
        add_line(fold == part ? *tests_[fold] : *trains_[fold], path, good, cells);
}

void SplitLists::add_line(List& list, const std::string& photo, bool good, std::string_view cells) {
    list.text.add(fmt::format("{} {}\n", photo, good ? 1 : 0));
    list.table.add(fmt::format("{},{},{}\n", csv_field(photo), good ? 1 : 0, cells));
}

}  // namespace emulsion::apps
