// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The choice of implementations by measurement, for a whole graph at once: a plan that is fast but wants
// another layout than its neighbours can lose to a slower one that takes what arrives. So the sum over all
// nodes is minimised, reorders and packing included.
#pragma once

#include "engine/device.h"
#include "engine/plan_times.h"
#include "engine/schedule.h"

namespace emulsion {

/// A rewritten graph made concrete as Options::tuning says. What the tuning file holds for this graph on this
/// device is used; what it lacks may be measured and added. A file that is corrupt or cannot be written is
/// one warning.
Schedule tuned_schedule(const Graph&, Mode, const Options&, Device&);

/// The choices whose times, with those of the reorders and (in training) packings that they need, add up to
/// the least.
Names cheapest(const Graph&, Mode, const Options&, PlanTimes&);

/// What a search and a rehearsal found.
struct Tuned {
    Names names;  ///< none: the first of each list is as good
    /// Whole runs, measured in turns; medians. 0 by order: something in it fails.
    double milliseconds = 0, by_order_milliseconds = 0;
};

/// Tries every implementation of every node: once for what it computes, then for its time. One that computes
/// wrongly, or fails, is left out with a warning. Then runs the best sum and the order of the lists in turns,
/// and keeps what is faster. Takes the memory of both while it runs.
Tuned tune(const Graph&, Mode, const Options&, Device&);

}  // namespace emulsion
