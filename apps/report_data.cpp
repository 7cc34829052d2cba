// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/report_data.h"

#include <spdlog/fmt/fmt.h>

#include <emulsion/error.h>
#include <emulsion/model.h>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "apps/csv.h"

namespace emulsion::apps {
namespace {

// The last events of each kind tell the speed and the time; a resumed run counts its last part.
void read_figures(const std::string& log_path, FinishedRun& run) {
    std::ifstream file(log_path);
    for (std::string line; std::getline(file, line);) {
        const Json event = Json::parse(line, nullptr, false);
        if (!event.is_object()) continue;
        run.seconds = event.value("seconds", run.seconds);
        run.photos_per_second = event.value("photos_per_second", run.photos_per_second);
    }
}

// 97.5% quantiles of Student's t for 1, 2, ... degrees of freedom.
constexpr std::array t_quantiles = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
                                    2.201,  2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
                                    2.080,  2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042};

}  // namespace

double FinishedRun::accuracy() const {
    const auto right =
        std::count_if(photos.begin(), photos.end(), [](const auto& p) { return p.label == p.answer; });
    return photos.empty() ? 0 : static_cast<double>(right) / static_cast<double>(photos.size());
}

FinishedRun read_run(const std::string& folder) {
    FinishedRun run;
    run.folder = folder;
    run.net = load(folder + "/model.safetensors")->net().name;
    run.curve = read_curve(folder + "/log.jsonl");
    read_figures(folder + "/log.jsonl", run);
    const std::string scores = folder + "/scores.csv";
    if (!std::filesystem::exists(scores)) {
        throw Error(
            Error::Kind::data,
            fmt::format(
                "{0} is missing; make it with: emulsion test --model {1}/model.safetensors --data LIST "
                "--scores {0}",
                scores, folder));
    }
    const CsvTable table(scores, {"path", "label", "answer", "score"});
    for (std::size_t i = 0; i < table.rows(); ++i) {
        run.photos.push_back({table.at(i, 0), std::atoi(table.at(i, 1).c_str()),
                              std::atoi(table.at(i, 2).c_str()), std::atof(table.at(i, 3).c_str())});
    }
    return run;
}

DemoSet read_demo_set(const std::string& folder) {
    DemoSet set;
    const CsvTable photos(folder + "/photos.csv", {"photo", "author", "licence", "crops"});
    for (std::size_t i = 0; i < photos.rows(); ++i) {
        if (photos.at(i, 3) == "0") continue;
        set.authors.push_back({photos.at(i, 0), photos.at(i, 1), photos.at(i, 2)});
    }
    const CsvTable crops(folder + "/crops.csv", {"file", "photo", "damage"});
    for (std::size_t i = 0; i < crops.rows(); ++i)
        set.crops[crops.at(i, 0)] = {crops.at(i, 1), crops.at(i, 2)};
    return set;
}

Interval t_interval(std::span<const double> values) {
    const auto n = static_cast<double>(values.size());
    double sum = 0, squares = 0;
    for (const double v : values) sum += v;
    const double mean = values.empty() ? 0 : sum / n;
    if (values.size() < 2) return {mean, 0, 1};
    for (const double v : values) squares += (v - mean) * (v - mean);
    const double t = values.size() - 2 < t_quantiles.size() ? t_quantiles[values.size() - 2] : 1.960;
    const double half = t * std::sqrt(squares / (n - 1) / n);
    return {mean, mean - half, mean + half};
}

}  // namespace emulsion::apps
