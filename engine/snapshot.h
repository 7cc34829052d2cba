// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A training run frozen between two updates, as a safetensors file: weights and momentum as tensors
// "weight/PARAMETER" and "momentum/PARAMETER", all else as metadata.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "emulsion/model.h"
#include "emulsion/solver.h"
#include "engine/compiled.h"

namespace emulsion {

struct Snapshot {
    std::string net, solver, signature;
    std::int64_t iteration = 0;
    std::uint64_t seed = 0;
    std::map<std::string, std::string> extra;
    std::vector<float> weights, momentum;  ///< flat
};

void write_snapshot(const std::string& path, const Snapshot&, const std::vector<Parameter>&,
                    const FlatLayout&);
/// Error(data) if the file is no snapshot or its tensors are not exactly these parameters.
Snapshot read_snapshot(const std::string& path, const std::vector<Parameter>&, const FlatLayout&);

/// All of a solver's settings in one line, equal exactly where they are equal.
std::string describe(const SolverConfig&);

}  // namespace emulsion
