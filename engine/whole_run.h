// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "engine/device.h"
#include "engine/schedule.h"

namespace emulsion {

/// Milliseconds of all steps of two schedules of one graph, and in training of packing the weights: run in
/// turns on seeded weights, after a warm-up; medians. Takes the memory of both while it runs.
std::pair<double, double> time_in_turns(const Schedule&, const Schedule&, Device&);

}  // namespace emulsion
