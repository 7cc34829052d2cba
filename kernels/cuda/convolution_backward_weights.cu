// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Convolution, gradients of weights and bias:
//
//     diff_weights (outputs x taps) = diff_dst (outputs x places) * windows^T (places x taps), each group,
//     diff_bias[o] = sum over places of diff_dst[o],
//
// with places = images * oh * ow and taps = (c / groups) * kh * kw.
//
// Layout: NCHW and OIHW. The product has few cells and a long depth, the places. So that it fills a GPU, the
// places are cut into parts: a block forms a tile of outputs x taps over one part. The parts' products are
// then added in ascending order by a kernel of its own, a thread a weight: no atomics, always the same bits.
// Both operands are read along the places, eight at a time, which are neighbours in memory.
//
// Cost: 2 * weights * places operations; bytes: src, diff_dst and diff_weights once, and each part's product
// twice. The arithmetic sets the floor.
//
// Bias: a block an output. Its threads take every so many places, then add up in a tree. Reads diff_dst once.
#include "kernels/cuda/launchers.h"
#include "kernels/cuda/tile_product.cuh"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

/// The product of one group, in parts of `part` places.
struct Product {
    int outputs, taps, places, part;

    Product(const ConvolutionShape& s, int splits)
        : outputs(s.k / s.groups), taps(s.c / s.groups * s.kh * s.kw), places(s.n * s.oh * s.ow) {
        const int shortest = (places - 1) / splits + 1;
        part = (shortest - 1) / tile_depth * tile_depth + tile_depth;
    }
};

/// A thread takes one place of the slice, for four lines; neighbours take the next places.
template <int extent>
using PlacesContiguous = Share<extent / fetched, 0>;

template <int extent>
__device__ PlacesContiguous<extent> own_share() {
    return {static_cast<int>(threadIdx.x) / tile_depth, static_cast<int>(threadIdx.x) % tile_depth};
}

/// Line m is an output, depth a place.
template <int extent>
struct Gradients {
    PlacesContiguous<extent> share = own_share<extent>();

    __device__ Gradients(const ConvolutionShape& s, const Product& product, const float* diff_dst, int group,
                         int first_output, int end)
        : diff_dst_(diff_dst + group * product.outputs * s.oh * s.ow),
          output_(first_output + share.line),
          outputs_(product.outputs),
          pixels_(s.oh * s.ow),
          per_image_(s.k * pixels_),
          end_(end) {}

    __device__ void fetch(int k, float (&values)[fetched]) const {
        const int n = k + share.depth;
        EMULSION_UNROLL for (int i = 0; i < fetched; ++i) values[i] = 0.0F;
        if (!in_bounds(n, end_)) return;
        const float* const from = diff_dst_ + n / pixels_ * per_image_ + n % pixels_;
        EMULSION_UNROLL for (int i = 0; i < fetched; ++i) {
            const int output = output_ + i * (extent / fetched);
            if (in_bounds(output, outputs_)) values[i] = __ldg(from + output * pixels_);
        }
    }

   private:
    const float* diff_dst_;
    int output_, outputs_, pixels_, per_image_, end_;
};

/// Line n is a tap (channel, kernel row, kernel column), depth a place: what the tap meets there.
template <int extent>
struct TransposedWindows {
    PlacesContiguous<extent> share = own_share<extent>();

    __device__ TransposedWindows(const ConvolutionShape& s, const Product& product, const float* src,
                                 int group, int first_tap, int end)
        : s_(s), src_(src), end_(end) {
        EMULSION_UNROLL for (int i = 0; i < fetched; ++i) {
            const int tap = first_tap + share.line + i * (extent / fetched);
            const int channel = group * (s.c / s.groups) + tap / (s.kh * s.kw);
            down_[i] = tap / s.kw % s.kh - s.pad_h;
            across_[i] = tap % s.kw - s.pad_w;
            cell_[i] = (channel * s.h + down_[i]) * s.w + across_[i];
            if (!in_bounds(tap, product.taps)) down_[i] = nowhere;
        }
    }

    __device__ void fetch(int k, float (&values)[fetched]) const {
        const int n = k + share.depth;
        EMULSION_UNROLL for (int i = 0; i < fetched; ++i) values[i] = 0.0F;
        if (!in_bounds(n, end_)) return;
        const int image = n / (s_.oh * s_.ow);
        const int top = n / s_.ow % s_.oh * s_.stride_h, left = n % s_.ow * s_.stride_w;
        const float* const from = src_ + (image * s_.c * s_.h + top) * s_.w + left;
        EMULSION_UNROLL for (int i = 0; i < fetched; ++i) {
            const auto y = static_cast<unsigned>(top + down_[i]);  // above 0 is far below h
            const auto x = static_cast<unsigned>(left + across_[i]);
            const bool down = in_bounds(y, static_cast<unsigned>(s_.h));
            const bool across = in_bounds(x, static_cast<unsigned>(s_.w));
            if (down && across) values[i] = __ldg(from + cell_[i]);
        }
    }

   private:
    static constexpr int nowhere = -(1 << 30);  // above every image, whatever the place

    const ConvolutionShape& s_;
    const float* src_;
    int end_;
    int down_[fetched], across_[fetched], cell_[fetched];  // from the window's first cell; cell_ in memory
};

template <class Shape>
__global__ void __launch_bounds__(Shape::threads, blocks_at_once)
    convolution_backward_weights_kernel(ConvolutionShape s, Product product, const float* src,
                                        const float* diff_dst, float* partials) {
    const auto [row, column, repeat] = TilePlace::of_block<Shape>(product.outputs, product.taps);
    const int group = repeat % s.groups, part = repeat / s.groups;
    const int begin = part * product.part;
    const int end = begin + product.part < product.places ? begin + product.part : product.places;
    Sums<Shape> sums;
    tile_product<Shape>(Gradients<Shape::rows>(s, product, diff_dst, group, row, end),
                        TransposedWindows<Shape::columns>(s, product, src, group, column, end), begin, end,
                        sums);
    float* const to = partials + (part * s.groups + group) * product.outputs * product.taps;
    EMULSION_UNROLL for (int i = 0; i < Shape::thread_rows; ++i) {
        const int m = row + Shape::row(i);
        if (!in_bounds(m, product.outputs)) continue;
        EMULSION_UNROLL for (int j = 0; j < Shape::thread_columns; ++j) {
            const int n = column + Shape::column(j);
            if (in_bounds(n, product.taps)) to[m * product.taps + n] = sums[i][j];
        }
    }
}

template <class Shape>
void launch_product(const ConvolutionShape& s, int splits, const float* src, const float* diff_dst,
                    float* partials, const Queue& queue) {
    const Product product(s, splits);
    const std::size_t blocks = tile_blocks<Shape>(product.outputs, product.taps, s.groups * splits);
    launch({"convolution_backward_weights", blocks, Shape::threads}, queue,
           convolution_backward_weights_kernel<Shape>, s, product, src, diff_dst, partials);
}

constexpr int block = 256;

/// diff_weights = the parts' products, first to last.
__global__ void add_parts_kernel(const float* partials, int splits, float* diff_weights, int count) {
    const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (!in_bounds(i, count)) return;
    float sum = 0.0F;
    for (int part = 0; part < splits; ++part) sum += partials[part * count + i];
    diff_weights[i] = sum;
}

__global__ void convolution_backward_bias_kernel(const float* diff_dst, float* diff_bias, int outputs,
                                                 int pixels, int places) {
    EMULSION_SHARED(sums, float[block]);
    const int output = static_cast<int>(blockIdx.x), thread = static_cast<int>(threadIdx.x);
    float sum = 0.0F;
    for (int n = thread; n < places; n += block)
        sum += diff_dst[(n / pixels * outputs + output) * pixels + n % pixels];
    sums[thread] = sum;
    for (int half = block / 2; half > 0; half /= 2) {
        __syncthreads();
        if (in_bounds(thread, half)) sums[thread] += sums[thread + half];
    }
    if (thread == 0) diff_bias[output] = sums[0];
}

}  // namespace

void convolution_backward_weights(Tile tile, const ConvolutionShape& s, int splits, const float* src,
                                  const float* diff_dst, float* partials, float* diff_weights,
                                  const Queue& queue) {
    const auto launch_tiles = tile == Tile::big ? launch_product<BigTile> : launch_product<SmallTile>;
    launch_tiles(s, splits, src, diff_dst, splits == 1 ? diff_weights : partials, queue);
    if (splits == 1) return;
    const int count = s.k * (s.c / s.groups) * s.kh * s.kw;
    launch({"add_parts", blocks_for(count, block), block}, queue, add_parts_kernel, partials, splits,
           diff_weights, count);
}

void convolution_backward_bias(const ConvolutionShape& s, const float* diff_dst, float* diff_bias,
                               const Queue& queue) {
    const int pixels = s.oh * s.ow;
    launch({"convolution_backward_bias", s.k, block}, queue, convolution_backward_bias_kernel, diff_dst,
           diff_bias, s.k, pixels, s.n * pixels);
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
