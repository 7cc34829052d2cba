// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/emulator/launches.h"

#include "kernels/cuda/portable.cuh"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

__global__ void nothing_kernel() {}

__global__ void shared_kernel(float* out) {
    EMULSION_SHARED(large, float[8 << 10]);
    large[threadIdx.x] = 1;
    out[0] = large[0];
}

__global__ void turns_kernel(int* next, int* turns) {
    turns[atomicAdd(next, 1)] = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
}

__global__ void scramble_kernel(float* data, int count) {
    EMULSION_SHARED(cells, float[64]);
    const int t = threadIdx.x, i = static_cast<int>(blockIdx.x * 64) + t;
    cells[t] = i < count ? data[i] : 0.0F;
    __syncthreads();
    for (int round = 0; round < 10; ++round) {
        const float next = fmaf(cells[(t + 1) % 64], 0.75F, cells[t] + static_cast<float>(t));
        __syncthreads();
        cells[t] = next;
        __syncthreads();
    }
    if (i < count) data[i] = cells[t];
}

__global__ void diverge_kernel(float* data) {
    if (threadIdx.x % 2 == 0) __syncthreads();
    data[blockIdx.x * 32 + threadIdx.x] = 2;
}

__global__ void stack_kernel(float* out) {
    float numbers[1000];
    for (int i = 0; i < 1000; ++i)
        numbers[(i + static_cast<int>(threadIdx.x)) % 1000] = static_cast<float>(i);
    __syncthreads();
    float sum = 0;
    for (int i = 0; i < 1000; ++i) sum += numbers[i];
    out[blockIdx.x * blockDim.x + threadIdx.x] = sum;
}

__global__ void wait_kernel(float* data, int rounds) {
    for (int i = 0; i < rounds; ++i) __syncthreads();
    data[threadIdx.x] = 1;
}

__global__ void meet_kernel(float* data, int rounds) {
    for (int i = 0; i < rounds; ++i) __syncwarp();
    data[threadIdx.x] = 1;
}

__global__ void exchange_kernel(float* data, int rounds) {
    float x = data[threadIdx.x];
    for (int i = 0; i < rounds; ++i) x = __shfl_xor_sync(0xFFFFFFFF, x, 1);
    data[threadIdx.x] = x;
}

__global__ void write_kernel(float* data) {
    data[blockIdx.x * blockDim.x + threadIdx.x] = 1;
}

}  // namespace

void launch_nothing(Extent3 grid, Extent3 block, std::size_t shared, const Queue& queue) {
    launch({"nothing", grid, block, shared}, queue, nothing_kernel);
}
void use_shared_memory(std::size_t dynamic, float* out, const Queue& queue) {
    launch({"use_shared_memory", 1, 1, dynamic}, queue, shared_kernel, out);
}
void note_turns(int* next, int* turns, const Queue& queue) {
    launch({"note_turns", turn_blocks, turn_threads}, queue, turns_kernel, next, turns);
}
void scramble(float* data, int count, const Queue& queue) {
    launch({"scramble", blocks_for(count, 64), 64}, queue, scramble_kernel, data, count);
}
void diverge(float* data, const Queue& queue) {
    launch({"diverge", 2, 32}, queue, diverge_kernel, data);
}
void use_stack(float* out, int blocks, const Queue& queue) {
    launch({"use_stack", blocks, 1024}, queue, stack_kernel, out);
}
void meet_often(float* data, int rounds, const Queue& queue) {
    launch({"meet_often", 1, 32}, queue, meet_kernel, data, rounds);
}

void wait_often(float* data, int rounds, const Queue& queue) {
    launch({"wait_often", 1, 256}, queue, wait_kernel, data, rounds);
}
void exchange_often(float* data, int rounds, const Queue& queue) {
    launch({"exchange_often", 1, 256}, queue, exchange_kernel, data, rounds);
}
void write_once(float* data, int blocks, const Queue& queue) {
    launch({"write_once", blocks, 256}, queue, write_kernel, data);
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
