// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// From a run on one machine to another: what each step must take there at the least, and what it would take
// if its kernel came as near to the floor there as it does here. A model, not a measurement.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "apps/measure.h"
#include "kernels/kernels.h"

namespace emulsion::apps {

/// What is known of a step here.
struct StepWork {
    kernels::Cost cost;
    double seconds = 0;
};

struct Projection {
    struct Step {
        double floor_here = 0, floor_there = 0;  ///< seconds
        double reached = 0;                      ///< floor over time here; above 1: found its data in caches
        double seconds = 0;                      ///< there
    };
    std::vector<Step> steps;
    Step total;  ///< sums, and what part of all the time here the floors are
};

/// Each step on its own: floor = the slower of arithmetic and memory traffic at the roof's peaks;
/// seconds there = floor there / min(1, floor here / seconds here). Without a roof here, or where no time was
/// measured, only the floor there is known, and the rest stays 0.
Projection project(std::span<const StepWork>, const std::optional<Roofline>& here, const Roofline& there);

}  // namespace emulsion::apps
