// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Addition: dst = src + src2. The result may lie on either source.
//
// Layout: any, the same for all three; arrays are taken as flat. A thread takes one element, neighbours take
// neighbours, so a warp reads and writes whole 128-byte lines. Cost: 2 reads, 1 write and 1 addition an
// element. Memory sets the floor: 12 bytes an element.
#include "kernels/cuda/launchers.h"
#include "kernels/cuda/portable.cuh"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

constexpr int block = 256;

__global__ void add_kernel(const float* src, const float* src2, float* dst, int count) {
    const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (!in_bounds(i, count)) return;
    dst[i] = src[i] + src2[i];
}

}  // namespace

void add(const float* src, const float* src2, float* dst, int count, const Queue& queue) {
    launch({"add", blocks_for(count, block), block}, queue, add_kernel, src, src2, dst, count);
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
