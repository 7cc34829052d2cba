// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The card of programs that run NVIDIA's folders without one.
#include "kernels/cuda/current_card.h"

#include "tests/kernels/current_card.h"

namespace emulsion::kernels::emulated {

int current_card() {
    return 0;
}

int current_capability() {
    return tests::capability_under_test;
}

}  // namespace emulsion::kernels::emulated
