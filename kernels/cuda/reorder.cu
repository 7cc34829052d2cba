// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The same value in another layout or type: NCHW or NHWC, f32 or bf16. An image in NCHW is a matrix of
// channels x pixels, in NHWC of pixels x channels, so the layouts differ by a transpose of every image.
//
// Same layout: a thread takes four numbers, 16 bytes of f32 in one access. Other layout: a block takes a
// square of 32 x 32 numbers through shared memory, reading rows of it and writing columns, so that both sides
// are touched in whole lines. A row of the square is one number longer than it need be: the 32 numbers of
// a column then lie in 32 banks (or, for bf16, pairs of them in 16).
//
// Cost: 1 read and 1 write a number, and its rounding. Memory sets the floor: 4 to 8 bytes a number.
#include "kernels/cuda/launchers.h"
#include "kernels/cuda/number.cuh"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

constexpr int block = 256;
constexpr int side = 32;             // of the square that a block transposes
constexpr int strip = block / side;  // rows of it that the block's threads take at a time

template <class From, class To>
__global__ void convert_kernel(const From* src, To* dst, int count) {
    const int first = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x) * quad;
    if (in_bounds(first + quad - 1, count)) {
        const Quad<From> from = *reinterpret_cast<const Quad<From>*>(src + first);
        Quad<To> to;
        EMULSION_UNROLL
        for (int k = 0; k < quad; ++k) convert(from.at[k], to.at[k]);
        *reinterpret_cast<Quad<To>*>(dst + first) = to;
        return;
    }
    for (int i = first; i < first + quad; ++i)
        if (in_bounds(i, count)) convert(src[i], dst[i]);
}

/// Every image's rows x columns become columns x rows.
template <class From, class To>
__global__ void transpose_kernel(const From* src, To* dst, int rows, int columns, int squares_down,
                                 int squares_across) {
    EMULSION_SHARED(square, From[side][side + 1]);
    const int number = static_cast<int>(blockIdx.x), x = static_cast<int>(threadIdx.x),
              y = static_cast<int>(threadIdx.y);
    const int left = number % squares_across * side;
    const int top = number / squares_across % squares_down * side;
    const int image = number / squares_across / squares_down * rows * columns;

    const bool column_exists = in_bounds(left + x, columns);
    EMULSION_UNROLL
    for (int r = y; r < side; r += strip)
        if (column_exists && in_bounds(top + r, rows))
            square[r][x] = src[image + (top + r) * columns + left + x];
    __syncthreads();
    const bool row_exists = in_bounds(top + x, rows);
    EMULSION_UNROLL
    for (int c = y; c < side; c += strip)
        if (row_exists && in_bounds(left + c, columns))
            convert(square[x][c], dst[image + (left + c) * rows + top + x]);
}

template <class From, class To>
void reorder_as(int n, int c, int pixels, bool transposed, bool from_nhwc, const void* src, void* dst,
                const Queue& queue) {
    const auto* const from = static_cast<const From*>(src);
    auto* const to = static_cast<To*>(dst);
    if (!transposed) {
        const int count = n * c * pixels;
        launch({"reorder_convert", blocks_for(count, block * quad), block}, queue, convert_kernel<From, To>,
               from, to, count);
        return;
    }
    const int rows = from_nhwc ? pixels : c, columns = from_nhwc ? c : pixels;
    const auto squares_down = static_cast<int>(blocks_for(rows, side)),
               squares_across = static_cast<int>(blocks_for(columns, side));
    launch({"reorder_transpose", n * squares_down * squares_across, {side, strip}}, queue,
           transpose_kernel<From, To>, from, to, rows, columns, squares_down, squares_across);
}

}  // namespace

void reorder(int n, int c, int pixels, Arrangement from, const void* src, Arrangement to, void* dst,
             const Queue& queue) {
    // A matrix of one row or one column is its own transpose.
    const bool transposed = from.nhwc != to.nhwc && c > 1 && pixels > 1;
    const auto as = from.bf16 ? (to.bf16 ? reorder_as<Bf16, Bf16> : reorder_as<Bf16, float>)
                              : (to.bf16 ? reorder_as<float, Bf16> : reorder_as<float, float>);
    as(n, c, pixels, transposed, from.nhwc, src, dst, queue);
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
