// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Which implementations a test program puts to the test. test_kernels takes those that were built in; a
// program that runs NVIDIA's folders over stand-ins for the libraries has entries of its own.
#pragma once

#include "kernels/kernels.h"

namespace emulsion::kernels::tests {

/// In order; the same vector at every call.
const std::vector<Implementation>& under_test(OpKind);

}  // namespace emulsion::kernels::tests
