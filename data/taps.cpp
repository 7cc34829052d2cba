// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "data/taps.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace emulsion {
namespace {

using Filter = Preprocessing::Filter;

/// Half the width of the kernel, in output pixels; 0 for those that are not kernels.
double support(Filter filter) {
    switch (filter) {
        case Filter::bilinear:
            return 1;
        case Filter::bicubic:
            return 2;
        case Filter::lanczos:
            return 3;
        case Filter::nearest:
        case Filter::area:
            break;
    }
    return 0;
}

double sinc(double x) {
    const double t = std::numbers::pi * x;
    return t == 0 ? 1 : std::sin(t) / t;
}

double kernel(Filter filter, double x) {
    x = std::abs(x);
    if (x >= support(filter)) return 0;
    if (filter == Filter::bilinear) return 1 - x;
    if (filter == Filter::lanczos) return sinc(x) * sinc(x / 3);
    if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
    return ((-0.5 * x + 2.5) * x - 4) * x + 2;
}

/// Leaves out those of no weight at either end: adding nothing changes no sum.
void append_weights(Taps& taps, int first, const std::vector<double>& weights) {
    double sum = 0;
    for (const double w : weights) sum += w;
    const auto counts = [](double w) { return w != 0; };
    const auto low = std::find_if(weights.begin(), weights.end(), counts);
    const auto high = std::find_if(weights.rbegin(), weights.rend(), counts).base();
    taps.ranges.push_back(
        {first + static_cast<int>(low - weights.begin()), static_cast<int>(high - low), taps.weights.size()});
    for (auto w = low; w != high; ++w) taps.weights.push_back(static_cast<float>(*w / sum));
}

/// What follows from the ranges.
void survey(Taps& taps) {
    taps.begin = taps.ranges.front().first;
    for (const Taps::Range& range : taps.ranges) taps.begin = std::min(taps.begin, range.first);
    taps.copies = true;
    for (std::size_t o = 0; o < taps.ranges.size(); ++o) {
        const Taps::Range& range = taps.ranges[o];
        taps.end = std::max(taps.end, range.first + range.count);
        taps.span = std::max(taps.span, taps.end - range.first);
        taps.copies = taps.copies && range.count == 1 && range.first == taps.begin + static_cast<int>(o);
    }
}

}  // namespace

Taps make_taps(const Axis& axis) {
    const int in = axis.in, out = axis.out;
    const double scale = static_cast<double>(in) / out, widening = std::max(scale, 1.0);
    const auto clip = [in](double x) {
        return static_cast<int>(std::clamp(x, 0.0, static_cast<double>(in)));
    };
    Taps taps;
    taps.axis = axis;
    std::vector<double> weights;
    for (int o = axis.from; o < axis.from + axis.count; ++o) {
        const double centre = (o + 0.5) * scale;
        int first = 0;
        weights.clear();
        if (axis.filter == Filter::nearest) {
            first = static_cast<int>((2 * std::int64_t{o} + 1) * in / (2 * std::int64_t{out}));  // exact
            weights.push_back(1);
        } else if (axis.filter == Filter::area) {
            const double low = o * scale, high = low + scale;
            first = std::min(clip(low), in - 1);
            for (int i = first; i < in && (i < high || i == first); ++i)
                weights.push_back(std::min(i + 1.0, high) - std::max<double>(i, low));
        } else {
            const double reach = support(axis.filter) * widening;
            first = clip(centre - reach + 0.5);
            const int last = clip(centre + reach + 0.5);
            for (int i = first; i < last; ++i)
                weights.push_back(kernel(axis.filter, (i + 0.5 - centre) / widening));
        }
        append_weights(taps, first, weights);
    }
    survey(taps);
    return taps;
}

const Taps& RecentTaps::of(const Axis& axis) {
    const auto known = std::ranges::find(taps_, axis, &Taps::axis);
    if (known != taps_.end()) return *known;
    Taps& taps = taps_[oldest_];
    oldest_ = (oldest_ + 1) % taps_.size();
    return taps = make_taps(axis);
}

}  // namespace emulsion
