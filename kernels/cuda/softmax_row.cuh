// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The softmax of a row by a warp: lane i takes the channels i, i + 32, i + 64, ..., and nobody else reads or
// writes those, so that dst may be src.
#pragma once

#include "kernels/cuda/warp.cuh"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {

/// Rows, each a warp's, in a block.
inline constexpr int rows_per_block = 4;

inline Extent3 row_block() {
    return {warp_size, rows_per_block};
}
inline std::size_t row_blocks(int rows) {
    return blocks_for(static_cast<std::size_t>(rows), rows_per_block);
}

/// What remains of a row: its log-sum-exp is largest + log(sum).
struct RowSum {
    float largest, sum;
};

/// dst = softmax(src); every lane gets the same answer. The largest number is subtracted before exp, so
/// nothing overflows. A NaN is passed over by `largest`, but not by `sum`; an infinity minus itself is NaN:
/// both make the sum, and so the whole row, NaN.
__device__ inline RowSum softmax_row(const float* src, float* dst, int channels, int lane) {
    float largest = -INFINITY;
    for (int i = lane; i < channels; i += static_cast<int>(warp_size)) largest = fmaxf(largest, src[i]);
    largest = warp_max(largest);
    float sum = 0.0F;
    for (int i = lane; i < channels; i += static_cast<int>(warp_size)) {
        dst[i] = expf(src[i] - largest);
        sum += dst[i];
    }
    sum = warp_sum(sum);
    for (int i = lane; i < channels; i += static_cast<int>(warp_size)) dst[i] /= sum;
    return {largest, sum};
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
