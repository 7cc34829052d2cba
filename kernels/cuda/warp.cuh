// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Reductions over a whole warp by shuffles. Lanes exchange in pairs 16, 8, 4, 2 and 1 apart, so every lane
// ends with the same bits, and the order of addition depends on nothing.
#pragma once

#include "kernels/cuda/portable.cuh"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {

inline constexpr unsigned whole_warp = 0xFFFFFFFFU;

template <class T>
__device__ T warp_sum(T value) {
    EMULSION_UNROLL
    for (int apart = 16; apart > 0; apart /= 2) value += __shfl_xor_sync(whole_warp, value, apart);
    return value;
}

/// The largest number; NaN is passed over.
__device__ inline float warp_max(float value) {
    EMULSION_UNROLL
    for (int apart = 16; apart > 0; apart /= 2)
        value = fmaxf(value, __shfl_xor_sync(whole_warp, value, apart));
    return value;
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
