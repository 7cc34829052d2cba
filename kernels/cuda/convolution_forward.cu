// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Convolution, forward, as a matrix product for each group without im2col:
//
//     dst (outputs x places) = weights (outputs x K) * windows (K x places) + bias,
//     places = images * oh * ow,  K = (c / groups) * kh * kw
//
// Layout: NCHW and OIHW. A block forms a tile of outputs x places (tile_product.cuh): it reads the weights
// along their rows, 128 bits at a time where K is a multiple of 4, and the windows place by place, so that a
// warp reads neighbouring cells of the image; then it adds the bias and, if asked, applies ReLU.
//
// Cost: 2 * dst * K operations; bytes: src, weights and dst once. With tiles of 128 x 128 each value fetched
// from global memory serves 128 multiply-adds, so the arithmetic sets the floor (but for small K).
#include "kernels/cuda/convolution_window.cuh"
#include "kernels/cuda/launchers.h"
#include "kernels/cuda/matrix_operands.cuh"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

/// The product of one group.
struct Product {
    int outputs, places, depth;

    explicit Product(const ConvolutionShape& s)
        : outputs(s.k / s.groups), places(s.n * s.oh * s.ow), depth(s.c / s.groups * s.kh * s.kw) {}
};

template <int extent, int square>
__device__ Windows<extent, square, 1> windows_of(const ConvolutionShape& s, const Product& product,
                                                 const float* src, int group, int first_place) {
    Windows<extent, square, 1> windows{
        Windows<extent, square, 1>::own_share(), {s.h, s.w, s.kh, s.kw}, src, 0, 0, 0};
    const int n = first_place + windows.share.line;
    if (!in_bounds(n, product.places)) return windows;
    const int image = n / (s.oh * s.ow);
    windows.first_plane = src + (image * s.c + group * (s.c / s.groups)) * s.h * s.w;
    windows.top = n / s.ow % s.oh * s.stride_h - s.pad_h;
    windows.left = n % s.ow * s.stride_w - s.pad_w;
    windows.depth = product.depth;
    return windows;
}

template <class Shape, int square>
__global__ void __launch_bounds__(Shape::threads, blocks_at_once)
    convolution_forward_kernel(ConvolutionShape s, Product product, const float* src, const float* weights,
                               bool weights_in_quads, const float* bias, bool relu, float* dst) {
    const auto [row, column, group] = TilePlace::of_block<Shape>(product.outputs, product.places);
    const Matrix matrix{weights + group * product.outputs * product.depth, product.outputs, product.depth,
                        weights_in_quads};
    Sums<Shape> sums;
    tile_product<Shape>(DepthContiguous<Shape::rows>(matrix, row),
                        windows_of<Shape::columns, square>(s, product, src, group, column), 0, product.depth,
                        sums);
    const int pixels = s.oh * s.ow;
    EMULSION_UNROLL for (int j = 0; j < Shape::thread_columns; ++j) {
        const int n = column + Shape::column(j);
        if (!in_bounds(n, product.places)) continue;
        const int image = n / pixels;
        float* const to = dst + (image * s.k + group * product.outputs) * pixels + n % pixels;
        EMULSION_UNROLL for (int i = 0; i < Shape::thread_rows; ++i) {
            const int m = row + Shape::row(i);
            if (!in_bounds(m, product.outputs)) continue;
            const float offset = bias != nullptr ? __ldg(bias + group * product.outputs + m) : 0.0F;
            to[m * pixels] = rectified(sums[i][j] + offset, relu);
        }
    }
}

template <class Shape>
void launch_forward(const ConvolutionShape& s, const float* src, const float* weights, const float* bias,
                    bool relu, float* dst, const Queue& queue) {
    const Product product(s);
    const std::size_t blocks = tile_blocks<Shape>(product.outputs, product.places, s.groups);
    with_kernel_extent(s.kh, s.kw, [&](auto square) {
        launch({"convolution_forward", blocks, Shape::threads}, queue,
               convolution_forward_kernel<Shape, square>, s, product, src, weights,
               Matrix::in_quads(weights, product.depth), bias, relu, dst);
    });
}

}  // namespace

void convolution_forward(Tile tile, const ConvolutionShape& s, const float* src, const float* weights,
                         const float* bias, bool relu, float* dst, const Queue& queue) {
    const auto launch_tiles = tile == Tile::big ? launch_forward<BigTile> : launch_forward<SmallTile>;
    launch_tiles(s, src, weights, bias, relu, dst, queue);
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
