// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/evaluate/judged.h"

#include <spdlog/fmt/fmt.h>

#include <emulsion/error.h>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <unordered_map>
#include <unordered_set>

#include "apps/csv.h"
#include "data/files.h"

namespace emulsion::apps {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const std::string& what) {
    throw Error(Error::Kind::data, one_line(what));
}

/// One number, the whole of a cell. NaN where it is none, which is refused like any other NaN.
double number(const std::string& cell) {
    double value = 0;
    const char* const end = cell.data() + cell.size();
    const auto parsed = std::from_chars(cell.data(), end, value);
    return parsed.ec == std::errc{} && parsed.ptr == end ? value : std::nan("");
}

void read_fold(const std::string& path, int fold, std::vector<JudgedPhoto>& photos) {
    const CsvTable table(path, {"path", "label", "answer", "score"});
    for (std::size_t row = 0; row < table.rows(); ++row) {
        const auto where = [&] { return fmt::format("{}: photo {}, {}", path, row + 1, table.at(row, 0)); };
        const auto class_of = [&](std::size_t column, const char* what) {
            const std::string& cell = table.at(row, column);
            if (cell != "0" && cell != "1")
                refuse(fmt::format("{}: {} \"{}\", where 0 or 1 is wanted", where(), what, cell));
            return static_cast<std::int8_t>(cell == "1");
        };
        const double score = number(table.at(row, 3));
        if (!std::isfinite(score))
            refuse(fmt::format("{}: score \"{}\" is not a finite number", where(), table.at(row, 3)));
        photos.push_back({table.at(row, 0), class_of(1, "label"), class_of(2, "answer"), score, fold});
    }
}

}  // namespace

std::vector<std::string> judged_files(const std::string& path) {
    std::error_code error;
    if (!fs::is_directory(path, error)) return {path};
    std::vector<std::string> files;
    for (const auto& entry : fs::directory_iterator(path, error)) {
        if (entry.path().extension() == ".csv") files.push_back(entry.path().string());
        const fs::path run = entry.path() / "scores.csv";
        if (fs::exists(run, error)) files.push_back(run.string());
    }
    if (files.empty()) refuse(path + ": the folder holds no *.csv, nor runs with a scores.csv");
    std::sort(files.begin(), files.end());
    return files;
}

Judged read_judged(const std::string& name, const std::string& path) {
    Judged judged{name, {}};
    const std::vector<std::string> files = judged_files(path);
    for (std::size_t fold = 0; fold < files.size(); ++fold)
        read_fold(files[fold], static_cast<int>(fold), judged.photos);
    if (judged.photos.empty()) refuse(path + ": holds no photo");
    std::unordered_set<std::string> seen;
    for (const JudgedPhoto& photo : judged.photos)
        if (!seen.insert(photo.path).second)
            refuse(fmt::format("{}: {} is judged twice; a photo is held out once", path, photo.path));
    return judged;
}

Comparison compare_judges(const std::vector<Judged>& all) {
    Comparison comparison;
    const Judged& first = all.at(0);
    std::unordered_map<std::string, std::size_t> row_of;
    for (const JudgedPhoto& photo : first.photos) {
        if (!row_of.emplace(photo.path, row_of.size()).second)
            refuse(fmt::format("{}: {} is judged twice", first.name, photo.path));
        comparison.paths.push_back(photo.path);
        comparison.labels.push_back(photo.label);
        comparison.folds.push_back(photo.fold);
        comparison.fold_count = std::max(comparison.fold_count, photo.fold + 1);
    }
    for (const int wanted : {0, 1})
        if (std::count(comparison.labels.begin(), comparison.labels.end(), wanted) == 0)
            refuse(fmt::format("{}: no photo of class {}; nothing can be told of a judge by one class",
                               first.name, wanted));

    const std::size_t photos = comparison.photos();
    for (const Judged& judged : all) {
        Comparison::Judge judge{judged.name, std::vector<std::int8_t>(photos), std::vector<double>(photos)};
        std::vector<bool> seen(photos);
        for (const JudgedPhoto& photo : judged.photos) {
            const auto found = row_of.find(photo.path);
            if (found == row_of.end())
                refuse(fmt::format("{} was judged by {} and not by {}", photo.path, judged.name, first.name));
            const std::size_t row = found->second;
            if (seen[row]) refuse(fmt::format("{}: {} is judged twice", judged.name, photo.path));
            if (photo.label != comparison.labels[row])
                refuse(fmt::format("{} has label {} in {} and {} in {}", photo.path, comparison.labels[row],
                                   first.name, photo.label, judged.name));
            if (photo.fold != comparison.folds[row])
                refuse(fmt::format("{} is in fold {} of {} and in fold {} of {}", photo.path,
                                   comparison.folds[row] + 1, first.name, photo.fold + 1, judged.name));
            seen[row] = true;
            judge.answers[row] = photo.answer;
            judge.scores[row] = photo.score;
        }
        const auto missing = std::find(seen.begin(), seen.end(), false) - seen.begin();
        if (missing < static_cast<std::ptrdiff_t>(photos))
            refuse(fmt::format("{} was judged by {} and not by {}",
                               first.photos[static_cast<std::size_t>(missing)].path, first.name,
                               judged.name));
        comparison.judges.push_back(std::move(judge));
    }
    return comparison;
}

}  // namespace emulsion::apps
