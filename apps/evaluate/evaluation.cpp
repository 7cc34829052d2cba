// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/evaluate/evaluation.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>

#include "apps/baseline/class_report.h"
#include "apps/common_text.h"

namespace emulsion::apps {
namespace {

std::string words(const Estimate& e, bool difference) {
    return fmt::format("{} [{}, {}]", measure_text(e.value, difference), measure_text(e.low, difference),
                       measure_text(e.high, difference));
}

std::string table_text(const Evaluated& e, const std::vector<Estimates>& rows, std::size_t first,
                       bool difference) {
    std::vector<Table::Column> columns{{difference ? "difference" : "judge"}};
    for (const char* name : measure_names) columns.push_back({name, Table::Align::right});
    Table table(columns);
    for (std::size_t j = first; j < rows.size(); ++j) {
        std::string name = e.comparison.judges[j].name;
        if (difference) name += " - " + e.comparison.judges[0].name;
        std::vector<std::string> cells{one_line(name)};
        for (const Estimate& estimate : rows[j]) cells.push_back(words(estimate, difference));
        table.add(std::move(cells));
    }
    return table.text();
}

Json number(double value) {
    return std::isfinite(value) ? Json(value) : Json(nullptr);
}

Json json_of(const Estimates& estimates) {
    Json json;
    for (std::size_t m = 0; m < measure_count; ++m)
        json[measure_names[m]] = {{"value", number(estimates[m].value)},
                                  {"low", number(estimates[m].low)},
                                  {"high", number(estimates[m].high)}};
    return json;
}

}  // namespace

std::string evaluation_text(const Evaluated& e) {
    const auto good = std::count(e.comparison.labels.begin(), e.comparison.labels.end(), 1);
    std::string text =
        fmt::format("{} photos, {} of class 1", with_commas(static_cast<std::int64_t>(e.comparison.photos())),
                    with_commas(good));
    if (e.comparison.fold_count > 1)
        text += fmt::format(", in {} folds: answers counted together, areas and draws within each fold",
                            e.comparison.fold_count);
    text += fmt::format("\n95% intervals by the bootstrap, {} draws of photos, seed {}\n\n", e.options.draws,
                        e.options.seed);
    text += table_text(e, e.result.judges, 0, false);
    if (e.comparison.judges.size() > 1) text += "\n" + table_text(e, e.result.differences, 1, true);
    return text;
}

Json evaluation_json(const Evaluated& e) {
    Json judges = Json::array();
    for (std::size_t j = 0; j < e.comparison.judges.size(); ++j) {
        const Comparison::Judge& judge = e.comparison.judges[j];
        const auto report = baseline::report(e.comparison.labels, judge.answers);
        Json entry{
            {"name", judge.name}, {"measures", json_of(e.result.judges[j])}, {"confusion", report.confusion}};
        if (j > 0) entry["less the first"] = json_of(e.result.differences[j]);
        judges.push_back(std::move(entry));
    }
    return {{"photos", e.comparison.photos()},
            {"folds", e.comparison.fold_count},
            {"draws", e.options.draws},
            {"seed", e.options.seed},
            {"judges", judges}};
}

}  // namespace emulsion::apps
