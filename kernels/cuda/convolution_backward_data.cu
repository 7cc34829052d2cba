// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Convolution, gradient of the data: each source cell gathers from the outputs whose windows cover it,
//
//     diff_src[c][y][x] = sum over outputs o and taps (r, q) of weights[o][c][r][q] * diff_dst[o][i][j],
//     i = (y + pad_h - r) / stride_h,  j = (x + pad_w - q) / stride_w,
//
// over the taps for which both divisions leave nothing. Which those are depends on (y + pad_h) % stride_h and
// (x + pad_w) % stride_w alone, the cell's phase: y + pad_h = phase + stride_h * i meets r = phase + stride_h
// * a in row i - a of diff_dst. Within a phase that is a convolution of stride 1, with every stride-th tap,
// upside down, and a matrix product for each group:
//
//     diff_src (inputs x cells) = weights^T (inputs x K) * windows (K x cells),
//     cells = images * those of the phase,  K = outputs * taps of the phase
//
// One launch a phase (one in all where strides are 1), which leaves out every product with a zero that a
// stride would bring. Nothing is added in global memory, so there are no atomics.
//
// Layout: NCHW and OIHW. A block forms a tile of inputs x cells. A warp reads the weights of neighbouring
// inputs, kernel area apart (the other taps of the lines it fetches are read next), and neighbouring cells of
// diff_dst.
//
// Cost: 2 * diff_src * K operations; bytes: diff_dst, weights and diff_src once. The arithmetic sets the
// floor.
#include "kernels/cuda/convolution_window.cuh"
#include "kernels/cuda/launchers.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

/// One axis of a phase: the cells at offset + stride * i for i in [first, first + count), and their taps at
/// phase + stride * a for a in [0, taps).
struct PhaseAxis {
    int phase, offset, first, count, taps;

    PhaseAxis(int phase_of_axis, int extent, int kernel, int stride, int pad)
        : phase(phase_of_axis),
          offset(phase - pad),
          first(offset < 0 ? (stride - 1 - offset) / stride : 0),
          count(offset < extent ? (extent - 1 - offset) / stride + 1 - first : 0),
          taps(phase < kernel ? (kernel - 1 - phase) / stride + 1 : 0) {}
};

/// The product of one phase and group.
struct Product {
    PhaseAxis down, across;
    int inputs, outputs, cells, depth;

    Product(const ConvolutionShape& s, int phase_h, int phase_w)
        : down(phase_h, s.h, s.kh, s.stride_h, s.pad_h),
          across(phase_w, s.w, s.kw, s.stride_w, s.pad_w),
          inputs(s.c / s.groups),
          outputs(s.k / s.groups),
          cells(s.n * down.count * across.count),
          depth(outputs * down.taps * across.taps) {}
};

/// Line m is an input, depth k = (output, tap row, tap column). A thread takes four depths of an input.
template <int extent, int square>
struct TransposedWeights {
    Share<0, 1> share;

    __device__ TransposedWeights(const ConvolutionShape& s, const Product& product, const float* weights,
                                 int group, int first_input)
        : share{static_cast<int>(threadIdx.x) % extent, static_cast<int>(threadIdx.x) / extent * fetched},
          taps_h_(product.down.taps),
          taps_w_(product.across.taps),
          per_output_(product.inputs * s.kh * s.kw),
          per_row_(s.stride_h * s.kw),
          per_column_(s.stride_w),
          depth_(in_bounds(first_input + share.line, product.inputs) ? product.depth : 0),
          first_(weights + group * product.outputs * per_output_ + product.down.phase * s.kw +
                 product.across.phase) {
        if (depth_ != 0) first_ += (first_input + share.line) * s.kh * s.kw;
    }

    __device__ void fetch(int k, float (&values)[fetched]) const {
        const int first = k + share.depth;
        EMULSION_UNROLL for (int i = 0; i < fetched; ++i) values[i] = 0.0F;
        if (!in_bounds(first, depth_)) return;  // there may be no taps to divide by
        Tap<square> tap(first, taps_h_, taps_w_);
        EMULSION_UNROLL for (int i = 0; i < fetched; ++i) {
            if (in_bounds(first + i, depth_))
                values[i] =
                    __ldg(first_ + tap.channel * per_output_ + tap.row * per_row_ + tap.column * per_column_);
            tap.next(taps_h_, taps_w_);
        }
    }

   private:
    int taps_h_, taps_w_, per_output_, per_row_, per_column_;
    int depth_;  // 0 beyond the last input
    const float* first_;
};

/// A cell of a phase: its image, and the i of both axes.
struct Cell {
    int image, down, across;

    __device__ Cell(const Product& product, int n)
        : image(n / (product.down.count * product.across.count)),
          down(n / product.across.count % product.down.count + product.down.first),
          across(n % product.across.count + product.across.first) {}
};

template <int extent, int square>
__device__ Windows<extent, square, -1> windows_of(const ConvolutionShape& s, const Product& product,
                                                  const float* diff_dst, int group, int first_cell) {
    Windows<extent, square, -1> windows{Windows<extent, square, -1>::own_share(),
                                        {s.oh, s.ow, product.down.taps, product.across.taps},
                                        diff_dst,
                                        0,
                                        0,
                                        0};
    const int n = first_cell + windows.share.line;
    if (!in_bounds(n, product.cells)) return windows;
    const Cell cell(product, n);
    windows.first_plane = diff_dst + (cell.image * s.k + group * product.outputs) * s.oh * s.ow;
    windows.top = cell.down;
    windows.left = cell.across;
    windows.depth = product.depth;
    return windows;
}

template <class Shape, int square>
__global__ void __launch_bounds__(Shape::threads, blocks_at_once)
    convolution_backward_data_kernel(ConvolutionShape s, Product product, const float* diff_dst,
                                     const float* weights, float* diff_src) {
    const auto [row, column, group] = TilePlace::of_block<Shape>(product.inputs, product.cells);
    Sums<Shape> sums;
    tile_product<Shape>(TransposedWeights<Shape::rows, square>(s, product, weights, group, row),
                        windows_of<Shape::columns, square>(s, product, diff_dst, group, column), 0,
                        product.depth, sums);
    EMULSION_UNROLL for (int j = 0; j < Shape::thread_columns; ++j) {
        const int n = column + Shape::column(j);
        if (!in_bounds(n, product.cells)) continue;
        const Cell cell(product, n);
        const int y = product.down.offset + s.stride_h * cell.down;
        const int x = product.across.offset + s.stride_w * cell.across;
        float* const to = diff_src + ((cell.image * s.c + group * product.inputs) * s.h + y) * s.w + x;
        EMULSION_UNROLL for (int i = 0; i < Shape::thread_rows; ++i) {
            const int m = row + Shape::row(i);
            if (in_bounds(m, product.inputs)) to[m * s.h * s.w] = sums[i][j];
        }
    }
}

template <class Shape>
void launch_phase(const ConvolutionShape& s, const Product& product, const float* diff_dst,
                  const float* weights, float* diff_src, const Queue& queue) {
    const std::size_t blocks = tile_blocks<Shape>(product.inputs, product.cells, s.groups);
    with_kernel_extent(product.down.taps, product.across.taps, [&](auto square) {
        launch({"convolution_backward_data", blocks, Shape::threads}, queue,
               convolution_backward_data_kernel<Shape, square>, s, product, diff_dst, weights, diff_src);
    });
}

}  // namespace

void convolution_backward_data(Tile tile, const ConvolutionShape& s, const float* diff_dst,
                               const float* weights, float* diff_src, const Queue& queue) {
    const auto launch_tiles = tile == Tile::big ? launch_phase<BigTile> : launch_phase<SmallTile>;
    for (int phase_h = 0; phase_h < s.stride_h; ++phase_h)
        for (int phase_w = 0; phase_w < s.stride_w; ++phase_w) {
            const Product product(s, phase_h, phase_w);
            if (product.cells != 0) launch_tiles(s, product, diff_dst, weights, diff_src, queue);
        }
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
