// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/projection.h"

#include <algorithm>

namespace emulsion::apps {

Projection project(std::span<const StepWork> works, const std::optional<Roofline>& here,
                   const Roofline& there) {
    Projection projection;
    Projection::Step& total = projection.total;
    double seconds_here = 0;
    for (const StepWork& work : works) {
        Projection::Step step;
        step.floor_there = there.floor_seconds(work.cost);
        if (here) {
            step.floor_here = here->floor_seconds(work.cost);
            step.reached = work.seconds > 0 ? step.floor_here / work.seconds : 0;
            // Caches carried it past the floor here; nothing says that they would there.
            if (step.reached > 0) step.seconds = step.floor_there / std::min(1.0, step.reached);
        }
        total.floor_here += step.floor_here;
        total.floor_there += step.floor_there;
        total.seconds += step.seconds;
        seconds_here += work.seconds;
        projection.steps.push_back(step);
    }
    total.reached = seconds_here > 0 ? total.floor_here / seconds_here : 0;
    return projection;
}

}  // namespace emulsion::apps
