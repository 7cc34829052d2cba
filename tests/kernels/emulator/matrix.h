// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// One matrix instruction each, with fragments loaded and stored element by element as kernels/cuda/mma.cuh
// says they lie.
#pragma once

#include "kernels/cuda/queue.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {

/// c (16 x 8) = a (16 x 8) * b (8 x 8) + c, or with depth 16 in bf16. Row by row, small integers.
void multiply_tf32(const float* a, const float* b, float* c, const Queue&);
void multiply_bf16(const float* a, const float* b, float* c, const Queue&);

/// 4 matrices of 8 x 8 numbers of 16 bits to what each lane gets: 32 x 4 registers.
void load_all(const unsigned short* matrices, int count, bool transposed, unsigned* registers, const Queue&);

/// A 16 x 8 product over any depth (a multiple of 16) from shared memory, by asynchronous copies, ldmatrix
/// and bf16: a is 16 x depth, b is 8 x depth, both in bf16 and row by row.
void product(const unsigned short* a, const unsigned short* b, int depth, float* c, const Queue&);

/// Copies of 4, 8 and 16 bytes, of which only some bytes are read: 3 x 4 floats.
void copy_parts(const float* src, float* dst, const Queue&);

/// Both roundings of each number.
void round_all(const float* src, int count, unsigned* tf32, unsigned* bf16, const Queue&);

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
