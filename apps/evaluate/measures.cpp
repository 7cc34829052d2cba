// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/evaluate/measures.h"

#include <spdlog/fmt/fmt.h>

#include <emulsion/error.h>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <tuple>

namespace emulsion::apps {
namespace {

using Points = std::vector<std::pair<double, double>>;

double ratio(double part, double whole) {
    return whole == 0 ? 0 : part / whole;
}

std::vector<std::size_t> by_fold_and_score(const Comparison& comparison, const Comparison::Judge& judge) {
    std::vector<std::size_t> order(comparison.photos());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return std::tuple(comparison.folds[a], judge.scores[a], a) <
               std::tuple(comparison.folds[b], judge.scores[b], b);
    });
    return order;
}

/// Of one fold, its photos sorted by score; empty without both classes.
Points curve_of(const Comparison& comparison, const Comparison::Judge& judge,
                std::span<const std::size_t> photos) {
    double good = 0, bad = 0;
    for (const std::size_t photo : photos) (comparison.labels[photo] == 1 ? good : bad) += 1;
    if (good == 0 || bad == 0) return {};
    Points points{{0, 0}};
    double true_positives = 0, false_positives = 0;
    for (std::size_t i = photos.size(); i-- > 0;) {
        (comparison.labels[photos[i]] == 1 ? true_positives : false_positives) += 1;
        // Photos of one score are told apart by no threshold.
        if (i == 0 || judge.scores[photos[i - 1]] != judge.scores[photos[i]])
            points.emplace_back(false_positives / bad, true_positives / good);
    }
    return points;
}

/// The highest point of a curve above x.
double height_at(const Points& curve, double x) {
    const auto behind = std::upper_bound(curve.begin(), curve.end(), x,
                                         [](double value, const auto& point) { return value < point.first; });
    const auto& left = *(behind - 1);
    if (behind == curve.end()) return left.second;
    return left.second + (behind->second - left.second) * (x - left.first) / (behind->first - left.first);
}

}  // namespace

std::string measure_text(double value, bool difference) {
    if (!std::isfinite(value)) return "-";
    return difference ? fmt::format("{:+.3f}", value) : fmt::format("{:.3f}", value);
}

Measurer::Measurer(const Comparison& comparison, const Comparison::Judge& judge)
    : comparison_(comparison), judge_(judge) {
    // Not even equal to itself, it has no place in an order.
    for (const double score : judge.scores)
        if (std::isnan(score))
            throw Error(Error::Kind::not_finite, "a score of " + judge.name + " is not a number");
    order_ = by_fold_and_score(comparison, judge);
}

Measures Measurer::measure() const {
    return measure(std::vector<std::uint32_t>(comparison_.photos(), 1));
}

Measures Measurer::measure(std::span<const std::uint32_t> times) const {
    double counts[2][2] = {};  // [truth][answer]
    for (std::size_t i = 0; i < times.size(); ++i)
        counts[comparison_.labels[i]][judge_.answers[i]] += times[i];
    const double hits = counts[1][1], answered = counts[0][1] + hits, present = counts[1][0] + hits;
    return {ratio(hits, answered), ratio(hits, present), ratio(2 * hits, answered + present),
            ratio(hits + counts[0][0], present + counts[0][0] + counts[0][1]), area(times)};
}

double Measurer::area(std::span<const std::uint32_t> times) const {
    double won = 0, pairs = 0, bad = 0, good = 0;  // photos of the fold so far
    for (std::size_t i = 0; i < order_.size();) {
        const int fold = comparison_.folds[order_[i]];
        const double score = judge_.scores[order_[i]];
        double ties[2] = {};
        for (; i < order_.size() && comparison_.folds[order_[i]] == fold && judge_.scores[order_[i]] == score;
             ++i)
            ties[comparison_.labels[order_[i]]] += times[order_[i]];
        won += ties[1] * (bad + ties[0] / 2);
        bad += ties[0];
        good += ties[1];
        if (i == order_.size() || comparison_.folds[order_[i]] != fold) {
            pairs += bad * good;
            bad = good = 0;
        }
    }
    return pairs == 0 ? std::numeric_limits<double>::quiet_NaN() : won / pairs;
}

Points roc_curve(const Comparison& comparison, const Comparison::Judge& judge) {
    const std::vector<std::size_t> order = by_fold_and_score(comparison, judge);
    std::vector<Points> curves;
    for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
        while (end < order.size() && comparison.folds[order[end]] == comparison.folds[order[begin]]) ++end;
        Points curve = curve_of(comparison, judge, std::span(order).subspan(begin, end - begin));
        if (!curve.empty()) curves.push_back(std::move(curve));
    }
    if (curves.size() <= 1) return curves.empty() ? Points{} : curves.front();
    constexpr int steps = 200;
    Points mean{{0, 0}};
    for (int step = 0; step <= steps; ++step) {
        const double x = static_cast<double>(step) / steps;
        double sum = 0;
        for (const Points& curve : curves) sum += height_at(curve, x);
        mean.emplace_back(x, sum / static_cast<double>(curves.size()));
    }
    return mean;
}

}  // namespace emulsion::apps
