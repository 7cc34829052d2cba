// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Fully connected, forward: dst (images x outputs) = src (images x inputs) * weights^T (inputs x outputs) +
// bias.
//
// Tiled: a block forms a tile of images x outputs (tile_product.cuh); both operands are read along their
// rows, 128 bits at a time where inputs is a multiple of 4. For many images.
//
// Streamed: a warp takes one output for four images. Its lanes read the weights' row as quads, neighbours
// neighbouring quads, 128 bits at a time where rows are aligned, each quad once, and multiply it by the same
// quad of each image, which other warps keep in the caches. A lane adds up its quads in order, lanes add up
// in a tree of shuffles: an image's sum is the same bits whichever images are beside it.
//
// Cost: 2 * images * inputs * outputs operations; bytes: weights, src and dst once. For few images the
// weights set the floor: 4 bytes for 2 * images operations.
#include "kernels/cuda/launchers.h"
#include "kernels/cuda/matrix_operands.cuh"
#include "kernels/cuda/warp.cuh"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

template <class Shape>
__global__ void __launch_bounds__(Shape::threads, blocks_at_once)
    fully_connected_forward_kernel(Matrix src, Matrix weights, const float* bias, bool relu, float* dst) {
    const int images = src.lines, outputs = weights.lines;
    const TilePlace tile = TilePlace::of_block<Shape>(images, outputs);
    Sums<Shape> sums;
    tile_product<Shape>(DepthContiguous<Shape::rows>(src, tile.row),
                        DepthContiguous<Shape::columns>(weights, tile.column), 0, src.depth, sums);
    EMULSION_UNROLL for (int j = 0; j < Shape::thread_columns; ++j) {
        const int output = tile.column + Shape::column(j);
        if (!in_bounds(output, outputs)) continue;
        const float offset = bias != nullptr ? __ldg(bias + output) : 0.0F;
        EMULSION_UNROLL for (int i = 0; i < Shape::thread_rows; ++i) {
            const int image = tile.row + Shape::row(i);
            if (in_bounds(image, images))
                dst[image * outputs + output] = rectified(sums[i][j] + offset, relu);
        }
    }
}

template <class Shape>
void launch_forward(const FullyConnectedShape& s, const float* src, const float* weights, const float* bias,
                    bool relu, float* dst, const Queue& queue) {
    launch({"fully_connected_forward_tiled", tile_blocks<Shape>(s.n, s.outputs, 1), Shape::threads}, queue,
           fully_connected_forward_kernel<Shape>, Matrix{src, s.n, s.inputs, Matrix::in_quads(src, s.inputs)},
           Matrix{weights, s.outputs, s.inputs, Matrix::in_quads(weights, s.inputs)}, bias, relu, dst);
}

constexpr int warps = 4;  // of a block
constexpr int block_of_warps = warps * static_cast<int>(warp_size);
constexpr int images_of_warp = 4;

/// Four inputs of a row from `first` on; zeros beyond its end.
__device__ float4 quad_of(const float* row, int first, int inputs, bool aligned) {
    if (aligned) return __ldg(reinterpret_cast<const float4*>(row + first));
    float values[quad] = {};
    EMULSION_UNROLL for (int i = 0; i < quad; ++i) {
        if (in_bounds(first + i, inputs)) values[i] = __ldg(row + first + i);
    }
    return make_float4(values[0], values[1], values[2], values[3]);
}

__global__ void __launch_bounds__(block_of_warps)
    fully_connected_streamed_kernel(FullyConnectedShape s, const float* src, const float* weights,
                                    bool aligned, const float* bias, bool relu, float* dst) {
    const int lane = static_cast<int>(threadIdx.x % warp_size);
    const int output_blocks = (s.outputs + warps - 1) / warps;
    const int block = static_cast<int>(blockIdx.x);
    const int output = block % output_blocks * warps + static_cast<int>(threadIdx.x / warp_size);
    const int first_image = block / output_blocks * images_of_warp;
    if (!in_bounds(output, s.outputs)) return;  // the whole warp
    const float* const row = weights + output * s.inputs;
    float sums[images_of_warp] = {};
    for (int first = lane * quad; first < s.inputs; first += static_cast<int>(warp_size) * quad) {
        const float4 weight = quad_of(row, first, s.inputs, aligned);
        EMULSION_UNROLL for (int i = 0; i < images_of_warp; ++i) {
            if (!in_bounds(first_image + i, s.n)) break;
            const float4 x = quad_of(src + (first_image + i) * s.inputs, first, s.inputs, aligned);
            sums[i] = fmaf(weight.x, x.x, sums[i]);
            sums[i] = fmaf(weight.y, x.y, sums[i]);
            sums[i] = fmaf(weight.z, x.z, sums[i]);
            sums[i] = fmaf(weight.w, x.w, sums[i]);
        }
    }
    const float offset = bias != nullptr ? __ldg(bias + output) : 0.0F;
    EMULSION_UNROLL for (int i = 0; i < images_of_warp; ++i) {
        const float sum = warp_sum(sums[i]);
        if (lane != 0 || !in_bounds(first_image + i, s.n)) continue;
        dst[(first_image + i) * s.outputs + output] = rectified(sum + offset, relu);
    }
}

}  // namespace

void fully_connected_forward_tiled(Tile tile, const FullyConnectedShape& s, const float* src,
                                   const float* weights, const float* bias, bool relu, float* dst,
                                   const Queue& queue) {
    const auto launch_tiles = tile == Tile::big ? launch_forward<BigTile> : launch_forward<SmallTile>;
    launch_tiles(s, src, weights, bias, relu, dst, queue);
}

void fully_connected_forward_streamed(const FullyConnectedShape& s, const float* src, const float* weights,
                                      const float* bias, bool relu, float* dst, const Queue& queue) {
    const bool aligned = Matrix::in_quads(src, s.inputs) && Matrix::in_quads(weights, s.inputs);
    const std::size_t blocks = blocks_for(static_cast<std::size_t>(s.outputs), warps) *
                               blocks_for(static_cast<std::size_t>(s.n), images_of_warp);
    launch({"fully_connected_forward_streamed", blocks, block_of_warps}, queue,
           fully_connected_streamed_kernel, s, src, weights, aligned, bias, relu, dst);
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
