// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/current_card.h"

#include "kernels/cuda/call.h"

namespace emulsion::kernels::cuda {

int current_card() {
    int card = -1;
    check(cudaGetDevice(&card), "cudaGetDevice");
    return card;
}

int current_capability() {
    const auto attribute = [](cudaDeviceAttr which) {
        int value = 0;
        check(cudaDeviceGetAttribute(&value, which, current_card()), "cudaDeviceGetAttribute");
        return value;
    };
    return attribute(cudaDevAttrComputeCapabilityMajor) * 10 + attribute(cudaDevAttrComputeCapabilityMinor);
}

}  // namespace emulsion::kernels::cuda
