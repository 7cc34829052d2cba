// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// C++17, since what nvcc compiles includes it.
#pragma once

#include <stdexcept>

namespace emulsion::kernels {

/// Thrown by plan() or run() when an implementation fails in a way that `supports` could not foresee.
class KernelError : public std::runtime_error {
   public:
    using std::runtime_error::runtime_error;
};

}  // namespace emulsion::kernels
