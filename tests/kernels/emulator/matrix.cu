// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/emulator/matrix.h"

#include "kernels/cuda/mma.cuh"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

__device__ void load_sums(float (&c)[4], const float* from) {
    const int g = threadIdx.x / 4, t = threadIdx.x % 4;
    for (int i = 0; i < 4; ++i) c[i] = from[(g + i / 2 * 8) * 8 + 2 * t + i % 2];
}
__device__ void store_sums(const float (&c)[4], float* to) {
    const int g = threadIdx.x / 4, t = threadIdx.x % 4;
    for (int i = 0; i < 4; ++i) to[(g + i / 2 * 8) * 8 + 2 * t + i % 2] = c[i];
}

__global__ void tf32_kernel(const float* a, const float* b, float* c) {
    const int g = threadIdx.x / 4, t = threadIdx.x % 4;
    const unsigned fa[4] = {to_tf32(a[g * 8 + t]), to_tf32(a[(g + 8) * 8 + t]), to_tf32(a[g * 8 + t + 4]),
                            to_tf32(a[(g + 8) * 8 + t + 4])};
    const unsigned fb[2] = {to_tf32(b[t * 8 + g]), to_tf32(b[(t + 4) * 8 + g])};
    float sums[4];
    load_sums(sums, c);
    mma_m16n8k8(sums, fa, fb);
    store_sums(sums, c);
}

__global__ void bf16_kernel(const float* a, const float* b, float* c) {
    const int g = threadIdx.x / 4, t = threadIdx.x % 4;
    const auto pair_of_a = [&](int row, int column) {
        return pack_bf16(a[row * 16 + column], a[row * 16 + column + 1]);
    };
    const auto pair_of_b = [&](int row) { return pack_bf16(b[row * 8 + g], b[(row + 1) * 8 + g]); };
    const unsigned fa[4] = {pair_of_a(g, 2 * t), pair_of_a(g + 8, 2 * t), pair_of_a(g, 2 * t + 8),
                            pair_of_a(g + 8, 2 * t + 8)};
    const unsigned fb[2] = {pair_of_b(2 * t), pair_of_b(2 * t + 8)};
    float sums[4];
    load_sums(sums, c);
    mma_m16n8k16(sums, fa, fb);
    store_sums(sums, c);
}

template <int count, bool transposed>
__global__ void load_kernel(const unsigned short* matrices, unsigned* registers) {
    EMULSION_SHARED(rows, unsigned short[count][8][8]);
    const int lane = threadIdx.x;
    for (int i = lane; i < count * 64; i += 32) rows[i / 64][i / 8 % 8][i % 8] = matrices[i];
    __syncwarp();
    unsigned r[count];
    const unsigned short* const row = rows[lane / 8 % count][lane % 8];
    if (transposed)
        load_matrices_transposed(r, row);
    else
        load_matrices(r, row);
    for (int i = 0; i < count; ++i) registers[lane * count + i] = r[i];
}

/// Two stages: while one is multiplied, the next is on its way.
__global__ void product_kernel(const unsigned short* a, const unsigned short* b, int depth, float* c) {
    EMULSION_SHARED(rows_of_a, unsigned short[2][16][16]);
    EMULSION_SHARED(rows_of_b, unsigned short[2][8][16]);
    const int lane = threadIdx.x;
    const auto fetch = [&](int stage, int k) {
        copy_async<16>(&rows_of_a[stage][lane / 2][lane % 2 * 8], a + lane / 2 * depth + k + lane % 2 * 8);
        if (lane < 16)
            copy_async<16>(&rows_of_b[stage][lane / 2][lane % 2 * 8],
                           b + lane / 2 * depth + k + lane % 2 * 8);
        commit_copies();
    };
    float sums[4] = {0, 0, 0, 0};
    fetch(0, 0);
    for (int k = 0, stage = 0; k < depth; k += 16, stage ^= 1) {
        if (k + 16 < depth) {
            fetch(stage ^ 1, k + 16);
            wait_for_copies<1>();
        } else {
            wait_for_copies<0>();
        }
        __syncwarp();
        unsigned fa[4], fb[2];
        load_matrices(fa, &rows_of_a[stage][lane % 16][lane / 16 * 8]);
        load_matrices(fb, &rows_of_b[stage][lane % 8][lane / 8 % 2 * 8]);
        mma_m16n8k16(sums, fa, fb);
        __syncwarp();
    }
    store_sums(sums, c);
}

__global__ void parts_kernel(const float* src, float* dst) {
    EMULSION_SHARED(cells, float[3][4]);
    if (threadIdx.x == 0) {
        for (int i = 0; i < 12; ++i) cells[i / 4][i % 4] = -1;
        copy_async<4>(&cells[0][1], src);
        copy_async<8>(&cells[1][2], src + 2, 4);
        copy_async<16>(&cells[2][0], src + 4, 8);
        commit_copies();
        wait_for_copies<0>();
        for (int i = 0; i < 12; ++i) dst[i] = cells[i / 4][i % 4];
    }
}

__global__ void round_kernel(const float* src, int count, unsigned* tf32, unsigned* bf16) {
    const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (!in_bounds(i, count)) return;
    tf32[i] = to_tf32(src[i]);
    bf16[i] = pack_bf16(src[i], -src[i]);
}

}  // namespace

void multiply_tf32(const float* a, const float* b, float* c, const Queue& queue) {
    launch({"multiply_tf32", 1, 32}, queue, tf32_kernel, a, b, c);
}
void multiply_bf16(const float* a, const float* b, float* c, const Queue& queue) {
    launch({"multiply_bf16", 1, 32}, queue, bf16_kernel, a, b, c);
}
void load_all(const unsigned short* matrices, int count, bool transposed, unsigned* registers,
              const Queue& queue) {
    using Kernel = void (*)(const unsigned short*, unsigned*);
    const Kernel kernels[3][2] = {{load_kernel<1, false>, load_kernel<1, true>},
                                  {load_kernel<2, false>, load_kernel<2, true>},
                                  {load_kernel<4, false>, load_kernel<4, true>}};
    launch({"load_all", 1, 32}, queue, kernels[count / 2][transposed ? 1 : 0], matrices, registers);
}
void product(const unsigned short* a, const unsigned short* b, int depth, float* c, const Queue& queue) {
    launch({"product", 1, 32}, queue, product_kernel, a, b, depth, c);
}
void copy_parts(const float* src, float* dst, const Queue& queue) {
    launch({"copy_parts", 1, 32}, queue, parts_kernel, src, dst);
}
void round_all(const float* src, int count, unsigned* tf32, unsigned* bf16, const Queue& queue) {
    launch({"round_all", blocks_for(count, 64), 64}, queue, round_kernel, src, count, tf32, bf16);
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
