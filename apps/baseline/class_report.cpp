// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/baseline/class_report.h"

#include <cstdio>

namespace emulsion::baseline {
namespace {

double ratio(std::int64_t part, std::int64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::string line(const char* name, const ClassReport::Row& row) {
    char text[96];
    std::snprintf(text, sizeof text, "%11s  %9.2f  %6.2f  %8.2f  %7lld\n", name, row.precision, row.recall,
                  row.f1, static_cast<long long>(row.support));
    return text;
}

}  // namespace

ClassReport report(std::span<const std::int8_t> truth, std::span<const std::int8_t> answers) {
    ClassReport result;
    for (std::size_t i = 0; i < truth.size(); ++i) ++result.confusion[truth[i] == 1][answers[i] == 1];
    const auto& confusion = result.confusion;
    const auto total = static_cast<std::int64_t>(truth.size());
    for (std::size_t c = 0; c < 2; ++c) {
        ClassReport::Row& row = result.classes[c];
        row.support = confusion[c][0] + confusion[c][1];
        row.precision = ratio(confusion[c][c], confusion[0][c] + confusion[1][c]);
        row.recall = ratio(confusion[c][c], row.support);
        const double sum = row.precision + row.recall;
        row.f1 = sum > 0 ? 2 * row.precision * row.recall / sum : 0;
        const double weight = ratio(row.support, total);
        result.average.precision += weight * row.precision;
        result.average.recall += weight * row.recall;
        result.average.f1 += weight * row.f1;
    }
    result.average.support = total;
    result.accuracy = ratio(confusion[0][0] + confusion[1][1], total);
    return result;
}

std::string ClassReport::text() const {
    char tail[160];
    std::snprintf(
        tail, sizeof tail,
        "\naccuracy %.4f\nconfusion (truth down, answer across)\n%11s  %7s  %7s\n%11s  %7lld  %7lld\n"
        "%11s  %7lld  %7lld\n",
        accuracy, "", "0", "1", "0", static_cast<long long>(confusion[0][0]),
        static_cast<long long>(confusion[0][1]), "1", static_cast<long long>(confusion[1][0]),
        static_cast<long long>(confusion[1][1]));
    return "             precision  recall  f1-score  support\n" + line("0", classes[0]) +
           line("1", classes[1]) + line("avg / total", average) + tail;
}

}  // namespace emulsion::baseline
