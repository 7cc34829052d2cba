// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A folder "cudnn" of the device cuda for tests, in place of the stub: it runs on a FakeCard, computes by the
// readable implementation, and is absent, imprecise or out of order as a test wants it.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "kernels/kernels.h"

namespace emulsion::testing {

struct FakeLibrary {
    bool present = true;
    int asked = 0;  ///< how often somebody wanted to know, which opens the real one

    std::set<kernels::OpKind> reduced;  ///< in every precision; all other operations in fp32 alone
    /// What fails, and with which words; empty where nothing does. `way` is "" or "nhwc", which convolutions
    /// forward have too.
    std::function<std::string(const kernels::Operation&, const std::string&way)> plan_failure, run_failure;
    std::string pack_failure;  ///< not empty: convolutions forward want their weights packed, and fail at it

    static FakeLibrary& get();
    static void reset() { get() = {}; }
};

}  // namespace emulsion::testing
