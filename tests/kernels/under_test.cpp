// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/under_test.h"

namespace emulsion::kernels::tests {

const std::vector<Implementation>& under_test(OpKind kind) {
    return implementations(kind);
}

}  // namespace emulsion::kernels::tests
