// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Which kernel and C are best: each is tried on k folds of the photos, trained on all but one fold and judged
// on that one.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "apps/baseline/machine.h"

namespace emulsion::baseline {

/// A fold for each photo, in [0, folds): each class is shuffled by the seed and dealt out evenly, so that
/// folds differ by one photo of a class at most. Error(data) if a class has fewer photos than there are
/// folds.
std::vector<std::int32_t> stratified_folds(std::span<const std::int8_t> classes, int folds,
                                           std::uint64_t seed);

/// A kernel and the C to try with it, ascending.
struct GridLine {
    Kernel kernel;
    std::vector<double> cs;
};

struct GridPoint {
    Kernel kernel;
    double c = 1;
    double accuracy = 0, deviation = 0;  ///< mean over the folds, and their standard deviation
    bool converged = true;               ///< in all folds
    std::vector<double> held_out;        ///< decision value of each photo, by the machine that did not see it
};

/// Every point of the grid, in its order, over the folds. Lines and folds are shared out to `workers`
/// threads; the results do not depend on how many. `progress` hears of each fit, from
/// one thread at a time.
std::vector<GridPoint> cross_validate(std::span<const std::int8_t> classes,
                                      std::span<const std::int32_t> folds, const std::vector<GridLine>& grid,
                                      const MachineMaker& make, int workers,
                                      const std::function<void(int done, int of)>& progress);

/// The point of the best accuracy; of equals, the first.
const GridPoint& best_of(const std::vector<GridPoint>& points);

/// Labels of the solver, +1 and -1.
std::vector<std::int8_t> signs(std::span<const std::int8_t> classes);

}  // namespace emulsion::baseline
