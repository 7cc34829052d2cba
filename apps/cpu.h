// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What depends on the kind of CPU: names of its vector extensions, and loops that do nothing but
// multiply-adds. cpu_x86.cpp or cpu_portable.cpp is built, whichever fits.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/kernels.h"

namespace emulsion::apps {

/// The vector extensions that matter here and that this CPU has, narrowest first: "AVX2", "FMA", ...
std::vector<std::string> vector_extensions();

/// A loop of independent multiply-adds that stay in registers.
struct FmaLoop {
    std::string name;       ///< the vector extension
    double flop_per_round;  ///< floating-point operations of one round
    float (*run)(std::int64_t rounds);
};

/// The widest loop that this CPU can run in a precision. bf16 multiplies bf16 and adds in fp32; where
/// the CPU lacks it, this is the fp32 loop.
FmaLoop widest_fma_loop(kernels::Precision);

}  // namespace emulsion::apps
