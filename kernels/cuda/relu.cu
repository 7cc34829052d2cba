// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// ReLU: dst = max(0, src), and backward diff_src = dst > 0 ? diff_dst : 0. A NaN passes forward as NaN.
//
// Layout: any; arrays are taken as flat. A thread takes one element, neighbours take neighbours, so a warp
// reads and writes whole 128-byte lines. Cost: 1 read and 1 write an element forward, 2 reads and 1 write
// backward; no arithmetic to speak of. Memory sets the floor: 8 and 12 bytes an element.
#include "kernels/cuda/launchers.h"
#include "kernels/cuda/portable.cuh"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

constexpr int block = 256;

__global__ void relu_forward_kernel(const float* src, float* dst, int count) {
    const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (!in_bounds(i, count)) return;
    const float x = src[i];
    dst[i] = x < 0.0F ? 0.0F : x;  // false for NaN, which stays
}

__global__ void relu_backward_kernel(const float* dst, const float* diff_dst, float* diff_src, int count) {
    const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (!in_bounds(i, count)) return;
    diff_src[i] = dst[i] > 0.0F ? diff_dst[i] : 0.0F;
}

}  // namespace

void relu_forward(const float* src, float* dst, int count, const Queue& queue) {
    launch({"relu_forward", blocks_for(count, block), block}, queue, relu_forward_kernel, src, dst, count);
}

void relu_backward(const float* dst, const float* diff_dst, float* diff_src, int count, const Queue& queue) {
    launch({"relu_backward", blocks_for(count, block), block}, queue, relu_backward_kernel, dst, diff_dst,
           diff_src, count);
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
