// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// How far measures of judges would move on other photos of the same kind: the percentile bootstrap.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "apps/evaluate/measures.h"

namespace emulsion::apps {

/// A measure and its 95% interval.
struct Estimate {
    double value = 0, low = 0, high = 0;
};
using Estimates = std::array<Estimate, measure_count>;

struct BootstrapOptions {
    int draws = 2000;
    std::uint64_t seed = 1;
    int threads = 1;
};

/// How often each photo is in a draw: from each fold as many photos are drawn, with replacement, as it has.
/// A draw depends on its number and the seed alone.
std::vector<std::uint32_t> draw_photos(const Comparison&, std::uint64_t seed, std::uint64_t draw);

/// Of values sorted ascending, as NumPy has it by default: linear between the two nearest. NaN if empty.
double quantile(std::span<const double> sorted, double q);

struct BootstrapResult {
    std::vector<Estimates> judges;       ///< of each judge
    std::vector<Estimates> differences;  ///< of each judge less the first, on the same draws
};
/// The interval runs from the quantile 0.025 to 0.975 of the draws. Draws in which an area is not defined say
/// nothing of it. `done(draws)` is called now and then, from the calling thread.
BootstrapResult bootstrap(const Comparison&, const BootstrapOptions&, const std::function<void(int)>& done);

}  // namespace emulsion::apps
