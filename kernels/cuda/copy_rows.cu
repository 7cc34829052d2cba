// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Rows of numbers from one pitch to another: to[r * to_pitch + k] = from[r * from_pitch + k], k < width.
// Concatenation in NCHW is made of these: a source's share of an image is one row.
//
// A thread takes one number, counted through all rows, so that short rows waste no threads and long ones are
// read and written in whole lines. Cost: 1 read, 1 write and one division of ints a number. Memory sets the
// floor: 8 bytes a number.
#include "kernels/cuda/launchers.h"
#include "kernels/cuda/portable.cuh"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

constexpr int block = 256;

__global__ void copy_rows_kernel(const float* from, int from_pitch, float* to, int to_pitch, int width,
                                 int count) {
    const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (!in_bounds(i, count)) return;
    const int row = i / width, place = i % width;
    to[row * to_pitch + place] = from[row * from_pitch + place];
}

}  // namespace

void copy_rows(const float* from, int from_pitch, float* to, int to_pitch, int rows, int width,
               const Queue& queue) {
    const int count = rows * width;
    launch({"copy_rows", blocks_for(count, block), block}, queue, copy_rows_kernel, from, from_pitch, to,
           to_pitch, width, count);
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
