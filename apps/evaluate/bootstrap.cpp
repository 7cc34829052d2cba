// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/evaluate/bootstrap.h"

#include <emulsion/random.h>
#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <thread>

namespace emulsion::apps {
namespace {

constexpr double tail = 0.025;

/// Members of each fold.
std::vector<std::vector<std::size_t>> members_of_folds(const Comparison& comparison) {
    std::vector<std::vector<std::size_t>> folds(static_cast<std::size_t>(comparison.fold_count));
    for (std::size_t i = 0; i < comparison.photos(); ++i)
        folds[static_cast<std::size_t>(comparison.folds[i])].push_back(i);
    return folds;
}

std::vector<std::uint32_t> draw_from(const std::vector<std::vector<std::size_t>>& folds, std::size_t photos,
                                     std::uint64_t seed, std::uint64_t draw) {
    std::vector<std::uint32_t> times(photos, 0);
    Random random(seed, draw);
    for (const auto& members : folds)
        for (std::size_t i = 0; i < members.size(); ++i) ++times[members[random.below(members.size())]];
    return times;
}

Estimate estimate(double value, std::vector<double> drawn) {
    std::erase_if(drawn, [](double v) { return std::isnan(v); });
    std::sort(drawn.begin(), drawn.end());
    return {value, quantile(drawn, tail), quantile(drawn, 1 - tail)};
}

/// The estimates of judge j, or, with `reference`, of how far it is from judge 0.
Estimates estimates(const std::vector<std::vector<Measures>>& draws, const std::vector<Measures>& whole,
                    std::size_t j, bool reference) {
    Estimates result;
    for (std::size_t m = 0; m < measure_count; ++m) {
        std::vector<double> drawn;
        drawn.reserve(draws.size());
        for (const auto& draw : draws) drawn.push_back(draw[j][m] - (reference ? draw[0][m] : 0));
        result[m] = estimate(whole[j][m] - (reference ? whole[0][m] : 0), std::move(drawn));
    }
    return result;
}

}  // namespace

std::vector<std::uint32_t> draw_photos(const Comparison& comparison, std::uint64_t seed, std::uint64_t draw) {
    return draw_from(members_of_folds(comparison), comparison.photos(), seed, draw);
}

double quantile(std::span<const double> sorted, double q) {
    if (sorted.empty()) return std::numeric_limits<double>::quiet_NaN();
    const double place = q * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    if (below + 1 >= sorted.size()) return sorted.back();
    return sorted[below] + (sorted[below + 1] - sorted[below]) * (place - static_cast<double>(below));
}

BootstrapResult bootstrap(const Comparison& comparison, const BootstrapOptions& options,
                          const std::function<void(int)>& done) {
    std::vector<Measurer> measurers;
    std::vector<Measures> whole;
    for (const Comparison::Judge& judge : comparison.judges) {
        measurers.emplace_back(comparison, judge);
        whole.push_back(measurers.back().measure());
    }
    const auto folds = members_of_folds(comparison);
    std::vector<std::vector<Measures>> draws(static_cast<std::size_t>(options.draws));
    std::atomic<int> next = 0;
    const auto work = [&](bool tells) {
        for (int draw = next++; draw < options.draws; draw = next++) {
            const auto times =
                draw_from(folds, comparison.photos(), options.seed, static_cast<std::uint64_t>(draw));
            auto& measured = draws[static_cast<std::size_t>(draw)];
            for (const Measurer& measurer : measurers) measured.push_back(measurer.measure(times));
            if (tells) done(draw);
        }
    };
    {
        std::vector<std::jthread> helpers;
        for (int i = 1; i < options.threads; ++i) helpers.emplace_back(work, false);
        work(true);
    }
    BootstrapResult result;
    for (std::size_t j = 0; j < measurers.size(); ++j) {
        result.judges.push_back(estimates(draws, whole, j, false));
        result.differences.push_back(estimates(draws, whole, j, true));
    }
    return result;
}

}  // namespace emulsion::apps
