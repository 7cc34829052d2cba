// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Inverted dropout: dst = kept ? src / (1 - ratio) : 0, and the same backward. Which elements are kept is a
// function of seed, step, layer and position (kernels/philox.h), so backward works it out again: no mask is
// stored.
//
// Layout: any; arrays are taken as flat. One call of Philox gives four words, so a thread takes four elements
// that follow each other; a warp's four accesses touch the same four 128-byte lines, which the first brings
// into the cache. The accesses are of single floats, as arrays may begin and end anywhere. Cost: 8 bytes an
// element; 10 rounds of 2 wide multiplications and 6 other integer operations for each four. Memory sets the
// floor.
#include "kernels/cuda/launchers.h"
#include "kernels/cuda/portable.cuh"
#include "kernels/philox.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

constexpr int block = 256, words = 4;

__global__ void dropout_kernel(const float* src, float* dst, int count, std::uint32_t threshold, float keep,
                               std::uint32_t stream, const std::uint64_t* counter) {
    const int four = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    const Philox4 random = dropout_words(counter[0], counter[1], stream, static_cast<std::uint64_t>(four));
    EMULSION_UNROLL
    for (int word = 0; word < words; ++word) {
        const int i = four * words + word;
        if (!in_bounds(i, count)) return;
        dst[i] = random.word[word] >= threshold ? src[i] / keep : 0.0F;
    }
}

}  // namespace

void dropout(const float* src, float* dst, int count, float ratio, std::uint32_t stream,
             const std::uint64_t* counter, const Queue& queue) {
    launch({"dropout", blocks_for(blocks_for(static_cast<std::size_t>(count), words), block), block}, queue,
           dropout_kernel, src, dst, count, drop_threshold(ratio), 1.0F - ratio, stream, counter);
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
