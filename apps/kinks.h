// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// ReLU and max pooling have kinks: where two implementations put a number on different sides of zero, or
// find the maximum of a window in different cells, their gradients differ by whole terms although each is
// right. A comparison of gradients must therefore leave out the photos for which that happens.
#pragma once

#include <emulsion/emulsion.h>
#include <vector>

namespace emulsion::apps {

/// After a training step of both on the same batch: for each place in it, whether the two took different
/// sides of a kink. Both must hold all values.
std::vector<bool> parted_at_kinks(const Trainer& a, const Trainer& b, int batch);

}  // namespace emulsion::apps
