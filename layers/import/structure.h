// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What a net computes, apart from what its parts are called: for telling BVLC AlexNet from CaffeNet, whose
// tensors have the same names and shapes.
#pragma once

#include <emulsion/netdef.h>

#include <string>
#include <vector>

namespace emulsion {

/// One line a layer: its type, its attributes less defaults, and which earlier lines it reads. Dropout and a
/// closing softmax are left out, as is the number of outputs of the last layer with weights.
std::vector<std::string> structure_of(const NetDef&);

/// The first difference in the layers with weights that both nets have, or in what lies between two of them:
/// the order of layers and their settings. "between conv1 and conv2 it has relu, pool, lrn, and the net has
/// relu, lrn, pool"; empty if there is none. Layers with weights are matched by name.
std::string difference_between(const NetDef& file, const NetDef& wanted);

}  // namespace emulsion
