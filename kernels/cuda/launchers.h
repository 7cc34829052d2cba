// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Every kernel of this folder as the host calls it, on one page. Pointers are to memory of the device, floats
// in plain NCHW unless said otherwise; counts and extents fit in an int (the plans see to it). Nothing here
// takes memory or waits. C++17, as nvcc compiles it.
#pragma once

#include <cstdint>

#include "kernels/cuda/queue.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {

// ---------------------------------------------------------------------------------------------
// Matrix products (tile_product.cuh)

/// What a block computes of a product: 64 x 64 cells, or 128 x 128. Results are the same to the bit.
enum class Tile { small, big };

// ---------------------------------------------------------------------------------------------
// Convolution (convolution_*.cu)

/// As kernels::Convolution: images n x c x h x w to n x k x oh x ow, weights k x (c / groups) x kh x kw.
struct ConvolutionShape {
    int n, c, h, w;
    int k, oh, ow;
    int kh, kw, stride_h, stride_w, pad_h, pad_w, groups;
};

/// dst = weights * src + bias (null: none), negative results to 0 if `relu`.
void convolution_forward(Tile, const ConvolutionShape&, const float* src, const float* weights,
                         const float* bias, bool relu, float* dst, const Queue&);
void convolution_backward_data(Tile, const ConvolutionShape&, const float* diff_dst, const float* weights,
                               float* diff_src, const Queue&);
/// The sum over images and places is cut into `splits` parts, which land in `partials` (splits x weights; not
/// touched where splits is 1) and are then added in order.
void convolution_backward_weights(Tile, const ConvolutionShape&, int splits, const float* src,
                                  const float* diff_dst, float* partials, float* diff_weights, const Queue&);
void convolution_backward_bias(const ConvolutionShape&, const float* diff_dst, float* diff_bias,
                               const Queue&);

// ---------------------------------------------------------------------------------------------
// Fully connected (fully_connected_*.cu): weights are outputs x inputs

struct FullyConnectedShape {
    int n, inputs, outputs;
};

/// For many images: a matrix product in tiles.
void fully_connected_forward_tiled(Tile, const FullyConnectedShape&, const float* src, const float* weights,
                                   const float* bias, bool relu, float* dst, const Queue&);
/// For few images: a warp an output, so that the weights stream by once. Sums are other bits than the tiled
/// ones, but the same for any number of images.
void fully_connected_forward_streamed(const FullyConnectedShape&, const float* src, const float* weights,
                                      const float* bias, bool relu, float* dst, const Queue&);
void fully_connected_backward_data(Tile, const FullyConnectedShape&, const float* diff_dst,
                                   const float* weights, float* diff_src, const Queue&);
void fully_connected_backward_weights(Tile, const FullyConnectedShape&, const float* src,
                                      const float* diff_dst, float* diff_weights, const Queue&);
void fully_connected_backward_bias(const FullyConnectedShape&, const float* diff_dst, float* diff_bias,
                                   const Queue&);

// ---------------------------------------------------------------------------------------------
// Image layers

void relu_forward(const float* src, float* dst, int count, const Queue&);
void relu_backward(const float* dst, const float* diff_dst, float* diff_src, int count, const Queue&);

struct LrnShape {
    int n, c, pixels;  ///< pixels = h * w
    int size;
    float alpha, beta, k;
};
/// Whether there is a kernel that holds a window of this size in registers; it may run in place.
bool lrn_holds_window(int size);
/// `scale` (k + alpha / size * sum of squares) may be null.
void lrn_forward(const LrnShape&, const float* src, float* dst, float* scale, const Queue&);
void lrn_backward(const LrnShape&, const float* src, const float* dst, const float* diff_dst,
                  const float* scale, float* diff_src, const Queue&);

struct PoolShape {
    int planes, h, w, oh, ow;  ///< planes = n * c
    int kh, kw, stride_h, stride_w, pad_h, pad_w;
    enum class Mode { maximum, average_padded, average_inside } mode;
};
/// Places of a window's cells, row by row, are kept as u8 where they fit, else as i32.
constexpr bool pool_places_fit_bytes(int kh, int kw) {
    return kh * kw <= 256;
}
/// `places` gets for each output the place of its maximum in its window. Null: not wanted.
void pool_forward(const PoolShape&, const float* src, float* dst, void* places, const Queue&);
/// `places` is read for maxima alone.
void pool_backward(const PoolShape&, const float* diff_dst, const void* places, float* diff_src,
                   const Queue&);

/// dst = kept ? src / (1 - ratio) : 0; `counter` points to a seed and a step, two u64.
void dropout(const float* src, float* dst, int count, float ratio, std::uint32_t stream,
             const std::uint64_t* counter, const Queue&);

/// Rows of `channels` numbers.
void softmax_forward(const float* src, float* dst, int rows, int channels, const Queue&);
void softmax_backward(const float* dst, const float* diff_dst, float* diff_src, int rows, int channels,
                      const Queue&);
/// `row_losses` is scratch, a float a row. A label of -1 leaves its row out of the loss.
void loss_forward(const float* src, const std::int32_t* labels, float* dst, float* loss, float* row_losses,
                  int rows, int channels, const Queue&);
void loss_backward(const float* dst, const std::int32_t* labels, float* diff_src, float scale, int rows,
                   int channels, const Queue&);

/// Rows of `width` numbers from one pitch to another: a source of a concat to its place, or back.
void copy_rows(const float* from, int from_pitch, float* to, int to_pitch, int rows, int width, const Queue&);

void add(const float* src, const float* src2, float* dst, int count, const Queue&);

// ---------------------------------------------------------------------------------------------
// Solver

/// Parts that square_sum cuts `count` numbers into: a function of count alone.
int square_sum_parts(std::int64_t count);
/// `partials` is scratch, a double a part.
void square_sum(const float* src, std::int64_t count, double* partials, double* sum, const Queue&);

struct SgdSegment {
    std::int64_t offset, count;
    float rate_mult, decay_mult;
};
/// A mirror of kernels::SgdRates.
struct SgdRates {
    float rate, momentum, decay, scale;
    std::int32_t skip;
};
/// `rates` points to memory of the device, `segments` to that of the host. Segments that are frozen
/// (rate_mult is 0) or empty are not to be given.
void sgd_update(const SgdSegment* segments, int segment_count, bool l1, float* weights,
                const float* diff_weights, float* momentum, const SgdRates* rates, const Queue&);

// ---------------------------------------------------------------------------------------------
// Data

struct InputShape {
    int n, h, w;  ///< of the result, which has 3 channels
    int photo_h, photo_w;
    bool bgr;
    float mean[3], scale[3];  ///< in the net's channel order
};
/// `mean_image` (3 x photo_h x photo_w) takes the place of `mean` where it is not null.
void prepare_input(const InputShape&, const std::uint8_t* photos, const std::int32_t* crops,
                   const float* mean_image, float* dst, const Queue&);

/// What a reorder reads or writes: an arrangement and a type.
struct Arrangement {
    bool nhwc, bf16;
};
void reorder(int n, int c, int pixels, Arrangement from, const void* src, Arrangement to, void* dst,
             const Queue&);
/// values[n][c][p] += bias[c] (null: nothing), then negative results to 0 if `relu` (a NaN stays). In place.
void add_bias(int n, int c, int pixels, Arrangement, const float* bias, bool relu, void* values,
              const Queue&);

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
