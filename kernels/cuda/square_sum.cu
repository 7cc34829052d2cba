// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The sum of squares of a flat buffer, in double: sum = x[0]^2 + x[1]^2 + ...
//
// The order of the additions depends on the count alone, so the result has the same bits on every run. The
// buffer is cut into parts of a fixed size. A block sums one part: every thread takes each 256th number of
// it, so that a warp reads whole 128-byte lines, and the threads' sums are added in pairs through shared
// memory. A second launch of one block adds the parts' sums the same way.
//
// Cost: 4 bytes and one double-precision fma a number; the square of a float is exact in double. 8 bytes
// a part are written and read again: a thousandth of the whole. Memory sets the floor.
#include "kernels/cuda/launchers.h"
#include "kernels/cuda/portable.cuh"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

constexpr int block = 256;
constexpr int rounds = 32;  // numbers a thread
constexpr std::int64_t part = block * rounds;

/// The sum over the block, in the order of a binary tree. Only thread 0 gets it.
__device__ double sum_of_block(double own) {
    EMULSION_SHARED(sums, double[block]);
    const int thread = static_cast<int>(threadIdx.x);
    sums[thread] = own;
    for (int half = block / 2; half > 0; half /= 2) {
        __syncthreads();
        if (in_bounds(thread, half)) sums[thread] += sums[thread + half];
    }
    return sums[thread];
}

__global__ void square_sum_parts_kernel(const float* src, std::int64_t count, double* partials) {
    const std::int64_t first = blockIdx.x * part + threadIdx.x;
    double sum = 0;
    EMULSION_UNROLL
    for (int round = 0; round < rounds; ++round) {
        const std::int64_t i = first + round * block;
        if (!in_bounds(i, count)) continue;
        const double value = static_cast<double>(src[i]);
        sum = fma(value, value, sum);
    }
    sum = sum_of_block(sum);
    if (threadIdx.x == 0) partials[blockIdx.x] = sum;
}

__global__ void square_sum_total_kernel(const double* partials, int parts, double* total) {
    double sum = 0;
    for (int first = 0; first < parts; first += block) {
        const int i = first + static_cast<int>(threadIdx.x);
        if (in_bounds(i, parts)) sum += partials[i];
    }
    sum = sum_of_block(sum);
    if (threadIdx.x == 0) *total = sum;
}

}  // namespace

int square_sum_parts(std::int64_t count) {
    return count > part ? static_cast<int>((count + part - 1) / part) : 1;
}

void square_sum(const float* src, std::int64_t count, double* partials, double* sum, const Queue& queue) {
    const int parts = square_sum_parts(count);
    launch({"square_sum_parts", parts, block}, queue, square_sum_parts_kernel, src, count, partials);
    launch({"square_sum_total", 1, block}, queue, square_sum_total_kernel, partials, parts, sum);
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
