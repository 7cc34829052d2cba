// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// One kernel source, two compilers: nvcc makes GPU code of it, any C++17 compiler makes a program of it that
// the emulator runs (kernels/emulator). This page is the only place where the two are told apart; it fixes
// the dialect that every kernel of this folder keeps to:
//
//   EMULSION_SHARED(tile, float[8][64]);         shared memory of a fixed size, by the name `tile`
//   EMULSION_DYNAMIC_SHARED(float, rows);        shared memory of the size that the launch states
//   EMULSION_UNROLL for (...)                    a loop that is to be unrolled whole
//   in_bounds(i, n)                              i < n, for checks that keep an access inside its array
//   launch({"name", grid, block}, queue, kernel, arguments...)
//
// and CUDA's own words: __global__, __device__, threadIdx, __syncthreads, __syncwarp, shuffles with a mask,
// fmaf. No bare __shared__, no <<<>>>, no lockstep of warps taken for granted.
//
// Barriers and in_bounds are written as calls of their own, one a line, so that scripts/mutate can take each
// of them away and see that a test notices. Ends of loops are written as ends of loops.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "kernels/cuda/queue.h"

#if defined(__CUDACC__)

#include <cuda_runtime.h>

#define EMULSION_SHARED(name, ...)   \
    using name##_type = __VA_ARGS__; \
    __shared__ __align__(16) name##_type name
#define EMULSION_DYNAMIC_SHARED(type, name)                                  \
    extern __shared__ __align__(16) unsigned char emulsion_dynamic_shared[]; \
    type* const name = reinterpret_cast<type*>(emulsion_dynamic_shared)
#define EMULSION_UNROLL _Pragma("unroll")
#define EMULSION_MATRIX_INSTRUCTIONS "kernels/cuda/mma_ptx.cuh"

namespace emulsion::kernels::cuda {

template <class Index, class Extent>
__host__ __device__ constexpr bool in_bounds(Index i, Extent n) {
    return i < n;
}

/// Starts a kernel on the queue's stream. Throws LaunchError, which names the kernel and the place, if CUDA
/// refuses it.
template <class... Parameters, class... Arguments>
void launch(const Launch& what, const Queue& queue, void (*kernel)(Parameters...), Arguments&&... arguments) {
    const dim3 grid(what.grid.x, what.grid.y, what.grid.z), block(what.block.x, what.block.y, what.block.z);
    const auto start = [&](Parameters... values) {
        void* pointers[] = {const_cast<void*>(static_cast<const void*>(&values))...};
        return cudaLaunchKernel(kernel, grid, block, pointers, what.shared_bytes,
                                static_cast<cudaStream_t>(queue.stream));
    };
    const cudaError_t error = start(static_cast<Parameters>(arguments)...);
    if (error != cudaSuccess) throw_launch_error(what, cudaGetErrorName(error), cudaGetErrorString(error));
}

}  // namespace emulsion::kernels::cuda

#else

#include "kernels/emulator/cuda.h"

#endif
