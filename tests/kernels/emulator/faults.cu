// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/emulator/faults.h"

#include "kernels/cuda/mma.cuh"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

constexpr int n = fault_floats;
constexpr unsigned all = 0xFFFFFFFF;

template <bool planted>
__global__ void missing_first_barrier(const float* src, float* dst) {
    EMULSION_SHARED(cells, float[n]);
    const int t = threadIdx.x;
    cells[t] = src[t];  // missing_first_barrier
    if (!planted) __syncthreads();
    dst[t] = t > 0 ? cells[t - 1] : 0.0F;  // missing_first_barrier
}

template <bool planted>
__global__ void missing_second_barrier(const float* src, float* dst) {
    EMULSION_SHARED(cells, float[n]);
    const int t = threadIdx.x;
    float sum = 0;
    for (int round = 0; round < 2; ++round) {
        cells[t] = src[t] + static_cast<float>(round);  // missing_second_barrier
        __syncthreads();
        sum += cells[(t + 32) % n];  // missing_second_barrier
        if (!planted) __syncthreads();
    }
    dst[t] = sum;
}

template <bool planted>
__global__ void missing_warp_barrier(const float* src, float* dst) {
    EMULSION_SHARED(cells, float[n]);
    const int t = threadIdx.x;
    cells[t] = src[t];  // missing_warp_barrier
    if (!planted) __syncwarp();
    dst[t] = cells[t % 32 > 0 ? t - 1 : t];  // missing_warp_barrier
}

/// A __syncwarp where two warps meet.
template <bool planted>
__global__ void warp_barrier_for_block(const float* src, float* dst) {
    EMULSION_SHARED(cells, float[n]);
    const int t = threadIdx.x;
    cells[t] = src[t];  // warp_barrier_for_block
    if (planted)
        __syncwarp();
    else
        __syncthreads();
    dst[t] = cells[t ^ 32];  // warp_barrier_for_block
}

template <bool planted>
__global__ void scatter_without_atomics(const float* src, float* dst) {
    const int t = threadIdx.x;
    dst[t] = 0;
    __syncthreads();
    if (planted)
        dst[t / 2] += src[t];  // scatter_without_atomics
    else
        atomicAdd(&dst[t / 2], src[t]);
}

template <bool planted>
__global__ void race_between_blocks(const float* src, float* dst) {
    const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    dst[i] = src[i];                                         // race_between_blocks
    if (planted && i + 32 < n) dst[i + 32] = src[i] + 1.0F;  // race_between_blocks
}

template <bool planted>
__global__ void static_shared_overflow(const float* src, float* dst) {
    EMULSION_SHARED(cells, float[n]);
    const int t = threadIdx.x;
    cells[t] = src[t];
    const int step = planted ? static_cast<int>(src[0]) : 0;  // 1, which no compiler knows
    if (t == n - 1) cells[t + step] = src[t];                 // static_shared_overflow
    dst[t] = cells[t];
}

template <bool planted>
__global__ void dynamic_shared_overflow(const float* src, float* dst) {
    EMULSION_DYNAMIC_SHARED(float, cells);
    const int t = threadIdx.x;
    cells[t] = src[t];
    if (planted && t == n - 1) cells[t + 1] = src[t];  // dynamic_shared_overflow
    dst[t] = cells[t];
}

template <bool planted>
__global__ void global_overflow(const float* src, float* dst) {
    const int t = threadIdx.x;
    if (!in_bounds(t, planted ? n + 1 : n)) return;
    dst[t] = src[t < n ? t : 0];  // global_overflow
}

template <bool planted>
__global__ void unwritten_shared_memory(const float* src, float* dst) {
    EMULSION_SHARED(cells, float[n]);
    const int t = threadIdx.x;
    if (!planted || t != 7) cells[t] = src[t];
    __syncthreads();
    dst[t] = cells[n - 1 - t];  // unwritten_shared_memory
}

template <bool planted>
__global__ void divergent_barrier(const float* src, float* dst) {
    const int t = threadIdx.x;
    if (!planted || t % 2 == 0) __syncthreads();  // divergent_barrier
    dst[t] = src[t];
    if (planted && t % 2 == 1) __syncthreads();  // divergent_barrier
}

template <bool planted>
__global__ void exit_before_barrier(const float* src, float* dst) {
    const int t = threadIdx.x;
    dst[t] = src[t];
    if (planted && t == 3) return;
    __syncthreads();  // exit_before_barrier
}

template <bool planted>
__global__ void missing_async_wait(const float* src, float* dst) {
    EMULSION_SHARED(cells, float[n]);
    const int t = threadIdx.x;
    copy_async<4>(&cells[t], &src[t]);  // missing_async_wait
    commit_copies();
    if (!planted) wait_for_copies<0>();
    __syncthreads();
    dst[t] = cells[n - 1 - t];  // missing_async_wait
    wait_for_copies<0>();
}

template <bool planted>
__global__ void abandoned_async_copy(const float* src, float* dst) {
    EMULSION_SHARED(cells, float[n]);
    const int t = threadIdx.x;
    copy_async<4>(&cells[t], &src[t]);
    commit_copies();
    if (!planted) wait_for_copies<0>();
    dst[t] = src[t];
}

template <bool planted>
__global__ void misaligned_async_copy(const float* src, float* dst) {
    EMULSION_SHARED(cells, float[n]);
    const int t = threadIdx.x;
    if (t % 4 == 0) copy_async<16>(&cells[t], &src[planted && t == 8 ? t + 1 : t]);  // misaligned_async_copy
    commit_copies();
    wait_for_copies<0>();
    dst[t] = src[t];
}

template <bool planted>
__global__ void async_copy_to_device_memory(const float* src, float* dst) {
    EMULSION_SHARED(cells, float[n]);
    const int t = threadIdx.x;
    dst[t] = src[t];
    copy_async<4>(planted && t == 7 ? &dst[t] : &cells[t], &src[t]);  // async_copy_to_device_memory
    commit_copies();
    wait_for_copies<0>();
}

template <bool planted>
__global__ void async_copy_from_shared_memory(const float* src, float* dst) {
    EMULSION_SHARED(cells, float[n]);
    EMULSION_SHARED(others, float[n]);
    const int t = threadIdx.x;
    others[t] = src[t];
    copy_async<4>(&cells[t], planted ? &others[t] : &src[t]);  // async_copy_from_shared_memory
    commit_copies();
    wait_for_copies<0>();
    dst[t] = cells[t] + others[t];
}

template <bool planted>
__global__ void async_copy_of_too_much(const float* src, float* dst) {
    EMULSION_SHARED(cells, float[n]);
    const int t = threadIdx.x;
    copy_async<4>(&cells[t], &src[t], planted && t == 9 ? 8 : 4);  // async_copy_of_too_much
    commit_copies();
    wait_for_copies<0>();
    dst[t] = cells[t];
}

/// Of a row of eight numbers of 16 bits each lane gets two.
template <bool planted>
__global__ void matrix_from_device_memory(const float* src, float* dst) {
    EMULSION_SHARED(cells, float[n]);
    const int t = threadIdx.x;
    cells[t] = src[t];
    __syncthreads();
    unsigned r[1];
    load_matrices(r, (planted ? src : cells) + t % 8 * 4);  // matrix_from_device_memory
    dst[t] = static_cast<float>(r[0]);
}

template <bool planted>
__global__ void misaligned_matrix(const float* src, float* dst) {
    EMULSION_SHARED(cells, float[n]);
    const int t = threadIdx.x;
    cells[t] = src[t];
    __syncthreads();
    unsigned r[1];
    load_matrices(r, cells + t % 8 * 4 + (planted && t == 3 ? 1 : 0));  // misaligned_matrix
    dst[t] = static_cast<float>(r[0]);
}

template <bool planted>
__global__ void unrounded_tf32(const float* src, float* dst) {
    float c[4] = {0, 0, 0, 0};
    const float x = 1.0F + 1.0F / 4096;
    const unsigned rounded = planted ? __float_as_uint(x) : to_tf32(x);
    const unsigned a[4] = {rounded, rounded, rounded, rounded}, b[2] = {rounded, rounded};
    mma_m16n8k8(c, a, b);  // unrounded_tf32
    dst[threadIdx.x] = c[0] + src[threadIdx.x];
}

template <bool planted>
__global__ void half_a_warp(const float* src, float* dst) {
    const int t = threadIdx.x;
    float x = src[t];
    if (!planted || t < 16) x += __shfl_xor_sync(all, x, 1);  // half_a_warp
    dst[t] = x;
}

template <bool planted>
__global__ void shuffle_from_outside(const float* src, float* dst) {
    const int t = threadIdx.x;
    float x = src[t];
    if (t < 16) x = __shfl_down_sync(0xFFFF, x, 1, planted ? 32 : 16);  // shuffle_from_outside
    dst[t] = x;
}

template <bool planted>
__global__ void different_operations(const float* src, float* dst) {
    const int t = threadIdx.x;
    dst[t] = src[t];
    if (planted && t % 32 == 5)
        __syncwarp();                           // different_operations
    else if (__any_sync(all, src[t] < -1e30F))  // different_operations
        dst[t] = 0;
}

template <bool planted>
__global__ void local_memory_of_another(const float* src, float* dst) {
    EMULSION_SHARED(address, float* [1]);
    float own[2] = {src[threadIdx.x], 0};
    if (threadIdx.x == 0) address[0] = own;
    __syncthreads();
    float* const at = planted ? address[0] : own;
    at[1] += src[threadIdx.x];  // local_memory_of_another
    __syncthreads();
    dst[threadIdx.x] = own[0] + at[1] * 0.0F;
}

#define EMULSION_FAULT(kernel, grid, block, shared)                                                      \
    [](bool planted, const float* src, float* dst, const Queue& queue) {                                 \
        launch({#kernel, grid, block, shared}, queue, planted ? kernel<true> : kernel<false>, src, dst); \
    }

}  // namespace

const PlantedFault planted_faults[] = {
    {"missing_first_barrier", EMULSION_FAULT(missing_first_barrier, 1, n, 0), Sign::result, Sign::result,
     "race, no __syncwarp between"},
    {"missing_second_barrier", EMULSION_FAULT(missing_second_barrier, 1, n, 0), Sign::result, Sign::result,
     "race, no __syncthreads between"},
    {"missing_warp_barrier", EMULSION_FAULT(missing_warp_barrier, 1, n, 0), Sign::result, Sign::result,
     "race, no __syncwarp between"},
    {"warp_barrier_for_block", EMULSION_FAULT(warp_barrier_for_block, 1, n, 0), Sign::none, Sign::none,
     "race, no __syncthreads between"},
    {"scatter_without_atomics", EMULSION_FAULT(scatter_without_atomics, 1, n, 0), Sign::none, Sign::none,
     "race, no __syncwarp between"},
    {"race_between_blocks", EMULSION_FAULT(race_between_blocks, 2, 32, 0), Sign::result, Sign::result,
     "race between blocks"},
    {"static_shared_overflow", EMULSION_FAULT(static_shared_overflow, 1, n, 0), Sign::stopped, Sign::aborted,
     "out of bounds"},
    {"dynamic_shared_overflow", EMULSION_FAULT(dynamic_shared_overflow, 1, n, n * 4), Sign::stopped,
     Sign::aborted, "out of bounds"},
    {"global_overflow", EMULSION_FAULT(global_overflow, 1, n + 1, 0), Sign::damage, Sign::aborted,
     "out of bounds"},
    {"unwritten_shared_memory", EMULSION_FAULT(unwritten_shared_memory, 1, n, 0), Sign::result, Sign::result,
     "unwritten shared memory"},
    {"divergent_barrier", EMULSION_FAULT(divergent_barrier, 1, n, 0), Sign::stopped, Sign::stopped,
     "divergent barrier"},
    {"exit_before_barrier", EMULSION_FAULT(exit_before_barrier, 1, n, 0), Sign::stopped, Sign::stopped,
     "divergent barrier"},
    {"missing_async_wait", EMULSION_FAULT(missing_async_wait, 1, n, 0), Sign::result, Sign::result,
     "asynchronous copy in flight"},
    {"abandoned_async_copy", EMULSION_FAULT(abandoned_async_copy, 1, n, 0), Sign::stopped, Sign::stopped,
     "asynchronous copy in flight"},
    {"misaligned_async_copy", EMULSION_FAULT(misaligned_async_copy, 1, n, 0), Sign::stopped, Sign::stopped,
     "gives addresses that are no multiples of its bytes"},
    {"async_copy_to_device_memory", EMULSION_FAULT(async_copy_to_device_memory, 1, n, 0), Sign::stopped,
     Sign::stopped, "copies to what is not shared memory"},
    {"async_copy_from_shared_memory", EMULSION_FAULT(async_copy_from_shared_memory, 1, n, 0), Sign::stopped,
     Sign::stopped, "copies from shared memory"},
    {"async_copy_of_too_much", EMULSION_FAULT(async_copy_of_too_much, 1, n, 0), Sign::stopped, Sign::stopped,
     "gives more bytes than it asks for"},
    {"matrix_from_device_memory", EMULSION_FAULT(matrix_from_device_memory, 1, n, 0), Sign::stopped,
     Sign::stopped, "gives a row that does not lie in shared memory"},
    {"misaligned_matrix", EMULSION_FAULT(misaligned_matrix, 1, n, 0), Sign::stopped, Sign::stopped,
     "gives a row that is not aligned to 16 bytes"},
    {"unrounded_tf32", EMULSION_FAULT(unrounded_tf32, 1, n, 0), Sign::stopped, Sign::stopped,
     "operand not rounded to TF32"},
    {"half_a_warp", EMULSION_FAULT(half_a_warp, 1, n, 0), Sign::stopped, Sign::stopped,
     "divergent warp operation"},
    {"shuffle_from_outside", EMULSION_FAULT(shuffle_from_outside, 1, n, 0), Sign::stopped, Sign::stopped,
     "shuffle"},
    {"different_operations", EMULSION_FAULT(different_operations, 1, n, 0), Sign::stopped, Sign::stopped,
     "divergent warp operation"},
    {"local_memory_of_another", EMULSION_FAULT(local_memory_of_another, 1, n, 0), Sign::none, Sign::none,
     "memory that is not the thread's"},
};

const int planted_fault_count = static_cast<int>(std::size(planted_faults));

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
