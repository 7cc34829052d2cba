// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/emulator/language.h"

#include "kernels/cuda/portable.cuh"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

constexpr int tile = 16;

__global__ void transpose_kernel(const float* src, float* dst, int rows, int columns) {
    EMULSION_SHARED(cells, float[tile][tile + 1]);
    const int x = static_cast<int>(blockIdx.x * tile + threadIdx.x);
    const int y = static_cast<int>(blockIdx.y * tile + threadIdx.y);
    if (y < rows && x < columns) cells[threadIdx.y][threadIdx.x] = src[y * columns + x];
    __syncthreads();
    const int u = static_cast<int>(blockIdx.y * tile + threadIdx.x);
    const int v = static_cast<int>(blockIdx.x * tile + threadIdx.y);
    if (v < columns && u < rows) dst[v * rows + u] = cells[threadIdx.x][threadIdx.y];
}

__global__ void row_sum_kernel(const float* src, float* dst, int columns) {
    EMULSION_DYNAMIC_SHARED(float, sums);
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    float sum = 0;
    for (int i = threadIdx.x; i < columns; i += blockDim.x) sum += src[blockIdx.x * columns + i];
    for (int step = 16; step > 0; step /= 2) sum += __shfl_down_sync(0xFFFFFFFF, sum, step);
    if (lane == 0) sums[warp] = sum;
    __syncthreads();
    if (threadIdx.x == 0) {
        for (int i = 1; i < static_cast<int>(blockDim.x / 32); ++i) sum += sums[i];
        dst[blockIdx.x] = sum;
    }
}

__global__ void warp_words_kernel(unsigned* out) {
    const unsigned lane = threadIdx.x, all = 0xFFFFFFFF;
    unsigned* const mine = out + lane * warp_words;
    mine[0] = __shfl_sync(all, lane, 5);
    mine[1] = __shfl_sync(all, lane, 9, 8);
    mine[2] = __shfl_up_sync(all, lane, 3);
    mine[3] = __shfl_up_sync(all, lane, 1, 4);
    mine[4] = __shfl_down_sync(all, lane, 3);
    mine[5] = __shfl_down_sync(all, lane, 1, 4);
    mine[6] = __shfl_xor_sync(all, lane, 17);
    mine[7] = __shfl_xor_sync(all, lane, 6, 4);
    mine[8] = __ballot_sync(all, lane % 3 == 0);
    mine[9] = static_cast<unsigned>(__any_sync(all, lane == 31));
    mine[10] = static_cast<unsigned>(__all_sync(all, lane < 31));
    // The halves of a warp each among themselves.
    mine[11] = lane < 16 ? __ballot_sync(0x0000FFFF, lane % 2) : __ballot_sync(0xFFFF0000, lane % 4 == 3);
}

__global__ void count_kernel(const float* src, int* positive, float* sum, int count) {
    const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    const bool yes = i < count && src[i] > 0.0F;
    const unsigned lanes_with = __ballot_sync(0xFFFFFFFF, yes);
    if (threadIdx.x % 32 == 0) atomicAdd(positive, __popc(lanes_with));
    if (yes) atomicAdd(sum, 1.0F);
}

__global__ void scale_kernel(float4* data, float by) {
    float4 v = data[blockIdx.x * blockDim.x + threadIdx.x];
    v = make_float4(v.x * by, v.y * by, max(v.z, by), min(v.w, by));
    data[blockIdx.x * blockDim.x + threadIdx.x] = v;
}

__global__ void coordinates_kernel(unsigned* out) {
    const unsigned block = (blockIdx.z * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
    const unsigned thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
    out[block * (blockDim.x * blockDim.y * blockDim.z) + thread] += block * 1000 + thread;
}

}  // namespace

void transpose(const float* src, float* dst, int rows, int columns, const Queue& queue) {
    launch({"transpose", {blocks_for(columns, tile), blocks_for(rows, tile)}, {tile, tile}}, queue,
           transpose_kernel, src, dst, rows, columns);
}
void row_sum(const float* src, float* dst, int rows, int columns, const Queue& queue) {
    launch({"row_sum", rows, 128, 4 * sizeof(float)}, queue, row_sum_kernel, src, dst, columns);
}
void all_warp_words(unsigned* out, const Queue& queue) {
    launch({"warp_words", 1, 32}, queue, warp_words_kernel, out);
}
void count_positive(const float* src, int* positive, float* sum, int count, const Queue& queue) {
    launch({"count", blocks_for(count, 64), 64}, queue, count_kernel, src, positive, sum, count);
}
void scale(void* data, int quads, float by, const Queue& queue) {
    launch({"scale", quads, 1}, queue, scale_kernel, static_cast<float4*>(data), by);
}
void coordinates(unsigned* out, const Queue& queue) {
    launch({"coordinates", {3, 2, 2}, {5, 3, 2}}, queue, coordinates_kernel, out);
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
