// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Kernels that use CUDA's words for coordinates, shared memory, barriers, operations of a warp, atomics and
// vectors.
#pragma once

#include "kernels/cuda/queue.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {

inline constexpr int warp_words = 12;

void transpose(const float* src, float* dst, int rows, int columns, const Queue&);
void row_sum(const float* src, float* dst, int rows, int columns, const Queue&);
/// 32 x warp_words: what each lane got from each operation of a warp.
void all_warp_words(unsigned* out, const Queue&);
void count_positive(const float* src, int* positive, float* sum, int count, const Queue&);
/// Quadruples: two times `by`, one not less, one not more.
void scale(void* data, int quads, float by, const Queue&);
/// Adds to each thread's cell the number of its block, times 1000, and its own within it.
void coordinates(unsigned* out, const Queue&);

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
