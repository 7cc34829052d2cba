// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Nets and batches for the engine's tests.
#pragma once

#include <emulsion/emulsion.h>

#include <string>
#include <vector>

#include "tests/temporary_folder.h"

namespace emulsion::testing {

/// A net of a few thousand parameters with a branch: conv1 -> relu1 -> (left, right) -> concat -> pool ->
/// fc -> softmax, for photos of 12x16 and 3 classes. relu1 has two readers, so gradients are summed.
NetDef branched();

/// The net with every dropout ratio set to 0.
NetDef without_dropout(NetDef);

/// A named net with inputs, filters and fully connected layers as they are, seeded weights.
std::shared_ptr<const Model> seeded(const NetDef&, std::uint64_t seed = 7);

/// Photos whose brightness gradient tells the class, with noise: something to learn.
struct Photos {
    std::vector<std::uint8_t> pixels;
    std::vector<std::int32_t> labels;
    int count = 0;
    Batch batch() const { return {pixels, labels, {}, count}; }
};
Photos photos_for(const NetDef&, int count, int classes, std::uint64_t seed);

/// One solver setting for short runs.
SolverConfig short_solver(double rate, std::int64_t iterations);

using test::TemporaryFolder;

}  // namespace emulsion::testing
