// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Evaluates operations in double, from what descriptors say and nothing else.
#pragma once

#include <map>

#include "tests/kernels/cudnn/stand_in_graph.h"

namespace emulsion::stand_in {

/// A tensor's elements in the order of its dimensions, the last one fastest, whatever its strides.
using Cells = std::vector<double>;

double rounded(double value, cudnnDataType_t);
Cells load(const Tensor&, const void* memory);
void store(const Tensor&, const Cells&, void* memory);

/// What an engine does to numbers.
struct Arithmetic {
    bool tf32 = false;           ///< products of operands rounded to TF32, as tensor cores do with float
    double noise = 0;            ///< relative error of every sum, the same in every run
    std::uint64_t changing = 0;  ///< not 0: the low bits depend on this number
};

/// The result of one operation before it is stored: alpha * op(sources) + beta * before.
Cells evaluate(const Operation&, const std::vector<Cells>& sources, const Cells& before, const Arithmetic&);

}  // namespace emulsion::stand_in
