// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Fully connected, gradients:
//
//     diff_src (images x inputs)      = diff_dst (images x outputs) * weights (outputs x inputs)
//     diff_weights (outputs x inputs) = diff_dst^T (outputs x images) * src (images x inputs)
//     diff_bias[o]                    = sum over images of diff_dst[image][o]
//
// Both products in tiles (tile_product.cuh). An operand's rows are read as they lie, 128 bits at a time where
// their length is a multiple of 4: along the depth (diff_dst for the data) or across it (all others). Bias: a
// thread an output, which adds up the images in order; neighbours read neighbours.
//
// Cost: 2 * images * inputs * outputs operations each; bytes: both operands and the result once. For few
// images memory sets the floor: weights are read, or their gradient written, for 2 * images operations a
// number.
#include "kernels/cuda/launchers.h"
#include "kernels/cuda/matrix_operands.cuh"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

/// product = left * right. Right has its columns contiguous, left its depth or its rows.
template <class Shape, template <int> class Left>
__global__ void __launch_bounds__(Shape::threads, blocks_at_once)
    matrix_product_kernel(Matrix left, Matrix right, float* product) {
    const int rows = left.lines, columns = right.lines;
    const TilePlace tile = TilePlace::of_block<Shape>(rows, columns);
    Sums<Shape> sums;
    tile_product<Shape>(Left<Shape::rows>(left, tile.row),
                        LinesContiguous<Shape::columns>(right, tile.column), 0, left.depth, sums);
    EMULSION_UNROLL for (int i = 0; i < Shape::thread_rows; ++i) {
        const int row = tile.row + Shape::row(i);
        if (!in_bounds(row, rows)) continue;
        EMULSION_UNROLL for (int j = 0; j < Shape::thread_columns; ++j) {
            const int column = tile.column + Shape::column(j);
            if (in_bounds(column, columns)) product[row * columns + column] = sums[i][j];
        }
    }
}

template <class Shape, template <int> class Left>
void launch_product(const char* name, const Matrix& left, const Matrix& right, float* product,
                    const Queue& queue) {
    launch({name, tile_blocks<Shape>(left.lines, right.lines, 1), Shape::threads}, queue,
           matrix_product_kernel<Shape, Left>, left, right, product);
}

constexpr int block = 256;

__global__ void fully_connected_backward_bias_kernel(FullyConnectedShape s, const float* diff_dst,
                                                     float* diff_bias) {
    const int output = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (!in_bounds(output, s.outputs)) return;
    float sum = 0.0F;
    for (int image = 0; image < s.n; ++image) sum += diff_dst[image * s.outputs + output];
    diff_bias[output] = sum;
}

}  // namespace

void fully_connected_backward_data(Tile tile, const FullyConnectedShape& s, const float* diff_dst,
                                   const float* weights, float* diff_src, const Queue& queue) {
    const auto launch_tiles = tile == Tile::big ? launch_product<BigTile, DepthContiguous>
                                                : launch_product<SmallTile, DepthContiguous>;
    launch_tiles("fully_connected_backward_data",
                 {diff_dst, s.n, s.outputs, Matrix::in_quads(diff_dst, s.outputs)},
                 {weights, s.inputs, s.outputs, Matrix::in_quads(weights, s.inputs)}, diff_src, queue);
}

void fully_connected_backward_weights(Tile tile, const FullyConnectedShape& s, const float* src,
                                      const float* diff_dst, float* diff_weights, const Queue& queue) {
    const auto launch_tiles = tile == Tile::big ? launch_product<BigTile, LinesContiguous>
                                                : launch_product<SmallTile, LinesContiguous>;
    launch_tiles("fully_connected_backward_weights",
                 {diff_dst, s.outputs, s.n, Matrix::in_quads(diff_dst, s.outputs)},
                 {src, s.inputs, s.n, Matrix::in_quads(src, s.inputs)}, diff_weights, queue);
}

void fully_connected_backward_bias(const FullyConnectedShape& s, const float* diff_dst, float* diff_bias,
                                   const Queue& queue) {
    launch({"fully_connected_backward_bias", blocks_for(static_cast<std::size_t>(s.outputs), block), block},
           queue, fully_connected_backward_bias_kernel, s, diff_dst, diff_bias);
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
