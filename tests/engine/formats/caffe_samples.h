// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Caffe's files for the tests of their readers, and a view of nets that leaves out how values are called.
#pragma once

#include <emulsion/emulsion.h>

#include <string>

namespace emulsion::test {

/// BVLC AlexNet for training and testing, in the old syntax.
std::string old_alexnet();
/// The paper's net and solver, in the new syntax: docs/paper. They name "net.prototxt" and "train.txt",
/// "test.txt".
std::string paper_net();
std::string paper_solver();

/// A deploy file of a net for photos of 8x8 with these layers in the new syntax, from line 2 on.
std::string deploy(const std::string& layers);

/// The net with each value named after the layer that makes it, as Emulsion's own nets have it.
NetDef with_values_by_layer(NetDef);

}  // namespace emulsion::test
