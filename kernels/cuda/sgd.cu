// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Caffe's SGD over one flat buffer. With p = w (L2) or sign(w) (L1), and the rates of w's segment:
//     g = scale * diff + decay * decay_mult * p
//     v = momentum * v + rate * rate_mult * g
//     w = w - v
// Nothing changes where rates.skip is set: a loss or a gradient was not finite.
//
// A segment is a run of the buffer with factors of its own, a layer's weights or bias. The segments travel in
// the kernel's parameters, which every thread reads through the constant cache. Segments are cut into pieces
// of a fixed size, a block a piece; a block finds its segment by the number of its piece. Neighbouring
// threads take neighbouring weights, so a warp reads and writes whole lines where segments begin on one. The
// rates are read from device memory, so that a recorded step runs at every rate.
//
// Cost: 3 reads and 2 writes a weight, 20 bytes, and 7 operations. Memory sets the floor.
#include "kernels/cuda/launchers.h"
#include "kernels/cuda/portable.cuh"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

constexpr int block = 256;
constexpr int rounds = 4;  // weights a thread
constexpr std::int64_t piece = block * rounds;
constexpr int table_size = 64;

/// Up to 64 segments: some 2 KB of the 4 KB that a kernel's parameters may take.
struct Table {
    int size;
    unsigned end[table_size];  ///< the first block after the segment's
    SgdSegment segment[table_size];
};
static_assert(sizeof(Table) <= 4000);

__device__ float penalty_l1(float weight) {
    return weight > 0.0F ? 1.0F : weight < 0.0F ? -1.0F : 0.0F;
}

template <bool l1>
__global__ void sgd_update_kernel(Table table, float* weights, const float* diff_weights, float* momentum,
                                  const SgdRates* rates) {
    const SgdRates now = *rates;
    if (now.skip != 0) return;
    int s = 0;
    while (blockIdx.x >= table.end[s]) ++s;
    const SgdSegment segment = table.segment[s];
    const unsigned first_block = s > 0 ? table.end[s - 1] : 0;
    const float rate = now.rate * segment.rate_mult, decay = now.decay * segment.decay_mult;
    const std::int64_t first = (blockIdx.x - first_block) * piece + threadIdx.x;
    EMULSION_UNROLL
    for (int round = 0; round < rounds; ++round) {
        const std::int64_t place = first + round * block;
        if (!in_bounds(place, segment.count)) continue;
        const std::int64_t i = segment.offset + place;
        const float w = weights[i];
        const float gradient = fmaf(decay, l1 ? penalty_l1(w) : w, now.scale * diff_weights[i]);
        const float v = fmaf(now.momentum, momentum[i], rate * gradient);
        momentum[i] = v;
        weights[i] = w - v;
    }
}

/// As many of the segments as one launch takes.
Table table_of(const SgdSegment* segments, int segment_count) {
    Table table{};
    unsigned blocks = 0;
    for (; table.size < table_size && table.size < segment_count; ++table.size) {
        const SgdSegment& segment = table.segment[table.size] = segments[table.size];
        blocks += static_cast<unsigned>(blocks_for(segment.count, piece));
        table.end[table.size] = blocks;
    }
    return table;
}

}  // namespace

void sgd_update(const SgdSegment* segments, int segment_count, bool l1, float* weights,
                const float* diff_weights, float* momentum, const SgdRates* rates, const Queue& queue) {
    while (segment_count > 0) {
        const Table table = table_of(segments, segment_count);
        launch({"sgd_update", table.end[table.size - 1], block}, queue,
               l1 ? sgd_update_kernel<true> : sgd_update_kernel<false>, table, weights, diff_weights,
               momentum, rates);
        segments += table.size;
        segment_count -= table.size;
    }
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
