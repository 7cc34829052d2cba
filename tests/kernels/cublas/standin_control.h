// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The stand-in, as tests reach it.
#pragma once

#include <string>
#include <vector>

#include "tests/kernels/cublas/standin.h"

namespace emulsion::kernels::tests {

struct StandIn {
    decltype(&::standin_reset) reset;
    decltype(&::standin_offer) offer;
    decltype(&::standin_fail) fail;
    decltype(&::standin_log) log;
    decltype(&::standin_misuse) misuse;
    decltype(&::standin_descriptors) descriptors;
    decltype(&::standin_handles) handles;

    std::vector<std::string> lines() const;
    /// Those of them that begin with the name of one function.
    std::vector<std::string> lines(const std::string& function) const;
};
const StandIn& standin();

/// What current_card() answers; below 0: that there is none.
inline int card_under_test = 0;

}  // namespace emulsion::kernels::tests
