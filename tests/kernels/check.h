// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Everything that kernels.h promises of a plan, put to the test on one problem.
#pragma once

#include "tests/kernels/rig.h"

namespace emulsion::kernels::tests {

struct Verdict {
    bool supported = false;
    std::vector<std::string> complaints;  ///< one line each; empty: all promises were kept
};

/// Plans and runs a problem and looks at: the layouts the plan states; results against the oracle; cells
/// left unwritten; guards; inputs; the same bits in a second run over other garbage, on the emulator in other
/// orders of threads, and, where the plan offers it, in place. An exception is a complaint. `forward`: see
/// Rig::build.
Verdict check(const Problem&, const Implementation&, const Limits&, const Implementation* forward = nullptr);

/// "conv_forward 1x3x9x9 -> ... by eigen (im2col+gemm), 2 threads, fp32": what a complaint is about.
std::string circumstances(const Problem&, const Implementation&, const Limits&, const Plan*);

/// Limits in which every value arrives in NCHW or NHWC, in the type that goes with their precision.
Limits with_arrivals(const Problem&, Limits, Layout::Kind);

std::string join(const std::vector<std::string>& lines);

}  // namespace emulsion::kernels::tests
