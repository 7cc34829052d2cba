// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "data/list.h"

#include <emulsion/error.h>
#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <functional>
#include <limits>
#include <set>
#include <string_view>
#include <system_error>

#include "data/datum.h"
#include "data/files.h"
#include "data/lmdb.h"

namespace emulsion {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_list_bytes = std::size_t{4} << 30;
constexpr std::string_view blanks = " \t\r\v\f";

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

/// "path label" taken apart; `where` is "file:line".
Sample parse_line(std::string_view line, const fs::path& folder, const std::string& where) {
    const auto refuse = [&where](const std::string& what) {
        throw Error(Error::Kind::data, one_line(where + ": " + what));
    };
    const std::size_t gap = line.find_last_of(blanks);
    if (gap == line.npos) refuse("a path and a label are wanted, with a space between");
    const std::string_view word = line.substr(gap + 1);
    Sample sample;
    const auto [end, code] = std::from_chars(word.data(), word.data() + word.size(), sample.label);
    if (code != std::errc{} || end != word.data() + word.size())
        refuse("the label '" + std::string(word) + "' is not a whole number");
    if (sample.label < 0) refuse("the label " + std::string(word) + " is negative");
    sample.path = (folder / trimmed(line.substr(0, gap))).string();
    return sample;
}

std::string message_of(const fs::filesystem_error& error) {
    return one_line(error.path1().string() + ": " + error.code().message());
}

/// Walks folders, remembering each by its real path, so that a loop of links ends.
class FolderWalk {
   public:
    explicit FolderWalk(const UnreadableFolder& unreadable) : unreadable_(unreadable) {}

    void visit(const fs::path& folder) {
        if (!visited_.insert(fs::canonical(folder)).second) return;
        std::vector<fs::path> entries;
        for (const fs::directory_entry& entry : fs::directory_iterator(folder))
            entries.push_back(entry.path());
        std::sort(entries.begin(), entries.end());  // of two links to one folder, the first counts
        for (const fs::path& entry : entries) {
            std::error_code dangling;
            if (entry.filename().string().starts_with('.')) continue;
            const fs::file_status status = fs::status(entry, dangling);
            if (fs::is_directory(status)) visit_below(entry);
            if (fs::is_regular_file(status) && has_photo_extension(entry.string()))
                samples.push_back({entry.string()});
        }
    }

    std::vector<Sample> samples;

   private:
    // One folder that cannot be read takes no other with it, where the caller wants to hear of it.
    void visit_below(const fs::path& folder) {
        if (!unreadable_) return visit(folder);
        try {
            visit(folder);
        } catch (const fs::filesystem_error& error) {
            unreadable_(error.path1().string(), message_of(error));
        }
    }

    const UnreadableFolder& unreadable_;
    std::set<fs::path> visited_;
};

std::vector<Sample> read_database(const std::string& path) {
    const auto database = std::make_shared<const Lmdb>(path);
    std::vector<Sample> samples;
    for (const Lmdb::Record& record : database->records()) {
        std::string name = one_line((fs::path(path) / record.key).string());
        const std::int64_t label = read_datum(record.value, name).label;
        if (label < 0 || label > std::numeric_limits<std::int32_t>::max())
            throw Error(Error::Kind::data, name + ": a label of " + std::to_string(label));
        samples.push_back({std::move(name), static_cast<std::int32_t>(label), database, samples.size()});
    }
    if (samples.empty()) throw Error(Error::Kind::data, one_line(path + ": an empty database"));
    return samples;
}

}  // namespace

std::vector<Sample> read_list(const std::string& path) {
    return read_list(path, fs::path(path).parent_path().string());
}

std::vector<Sample> read_list(const std::string& path, const std::string& folder) {
    if (is_lmdb(path)) return read_database(path);
    const std::vector<std::byte> bytes = read_file(path, most_list_bytes);
    std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);

    std::vector<Sample> samples;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = trimmed(text.substr(0, end));
        if (!line.empty()) samples.push_back(parse_line(line, folder, path + ":" + std::to_string(number)));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    if (samples.empty()) throw Error(Error::Kind::data, one_line(path + ": lists no photo"));
    return samples;
}

std::vector<Sample> list_folder(const std::string& path, const UnreadableFolder& unreadable) {
    FolderWalk walk(unreadable);
    try {
        walk.visit(path);
    } catch (const fs::filesystem_error& error) {
        throw Error(Error::Kind::data, message_of(error));
    }
    if (walk.samples.empty()) throw Error(Error::Kind::data, one_line(path + ": holds no photo"));
    std::sort(walk.samples.begin(), walk.samples.end(),
              [](const Sample& a, const Sample& b) { return a.path < b.path; });
    return std::move(walk.samples);
}

bool has_photo_extension(const std::string& path) {
    static constexpr std::array extensions{".jpg", ".jpeg", ".jpe", ".png", ".webp",
                                           ".bmp", ".tga",  ".pnm", ".pgm", ".ppm"};
    std::string extension = fs::path(path).extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return std::find(extensions.begin(), extensions.end(), extension) != extensions.end();
}

std::int32_t max_label(const std::vector<Sample>& samples) {
    std::int32_t most = no_label;
    for (const Sample& sample : samples) most = std::max(most, sample.label);
    return most;
}

}  // namespace emulsion
