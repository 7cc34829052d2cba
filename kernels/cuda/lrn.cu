// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Local response normalisation across channels (Krizhevsky et al. 2012). With x = src, y = dst, g and h their
// gradients, W(c) the channels of the window around c, and V(c) those whose windows hold c:
//
//     scale = k + alpha / size * sum over W(c) of x^2,   y = x / scale^beta
//     h = g / scale^beta - 2 alpha beta / size * x * sum over V(c) of g y / scale
//
// Layout: plain NCHW, so a channel of a pixel is h * w floats from the next. For windows of 5 and of 3 a
// thread takes a pixel and walks its channels: neighbours read neighbours, whole lines at each channel, and
// the window moves through registers, so that each number is read once. The window's sum is added afresh at
// each channel. A running sum would save two additions of five, but would carry its rounding errors, and a
// NaN, from channel to channel. As a thread reads every number before it writes in its place, src and dst, or
// diff_dst and diff_src, may be the same array. Other windows are read anew for every result, a thread a
// result, and not in place.
//
// Cost, with the window in registers: forward 8 bytes an element (12 with `scale`) and 2 size + 6 operations;
// backward 20 bytes and size + 9. Memory sets the floor.
//
// Of the arithmetic only powf is not rounded alike everywhere: NVIDIA states at most 8 ulp for the card (in
// the oldest toolkit), glibc keeps within 1. AlexNet's beta of 3/4 takes square roots instead, which both
// sides round alike.
#include <algorithm>

#include "kernels/cuda/launchers.h"
#include "kernels/cuda/portable.cuh"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

constexpr int block = 128;

/// scale^beta.
struct ThreeQuarters {
    __device__ float operator()(float scale) const { return sqrtf(scale) * sqrtf(sqrtf(scale)); }
};
struct AnyPower {
    float beta;
    __device__ float operator()(float scale) const { return powf(scale, beta); }
};

/// Channels before and after the middle of a window.
struct Reach {
    int before, after;
};
__device__ constexpr Reach reach_of(int size) {
    return {(size - 1) / 2, size / 2};
}

/// Moves a line of registers on by one.
template <int length>
__device__ void push(float (&line)[length], float next) {
    EMULSION_UNROLL
    for (int i = 0; i + 1 < length; ++i) line[i] = line[i + 1];
    line[length - 1] = next;
}

/// Where channel 0 of a pixel lies.
__device__ int first_of(const LrnShape& s, int pixel) {
    return pixel / s.pixels * s.c * s.pixels + pixel % s.pixels;
}

/// A channel of src, zero where there is none.
__device__ float value_at(const LrnShape& s, const float* src, int first, int channel) {
    if (!in_bounds(channel, s.c)) return 0.0F;
    return src[first + channel * s.pixels];
}

template <int size, class Power>
__global__ void lrn_forward_held(LrnShape s, float alpha, Power power, const float* src, float* dst,
                                 float* scale) {
    constexpr Reach reach = reach_of(size);
    const int pixel = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (!in_bounds(pixel, s.n * s.pixels)) return;
    const int first = first_of(s, pixel);
    float window[size] = {};
    EMULSION_UNROLL
    for (int channel = 0; channel < reach.after; ++channel) push(window, value_at(s, src, first, channel));
    for (int c = 0; c < s.c; ++c) {
        push(window, value_at(s, src, first, c + reach.after));
        float squares = window[0] * window[0];
        EMULSION_UNROLL
        for (int i = 1; i < size; ++i) squares = fmaf(window[i], window[i], squares);
        const float divisor = fmaf(alpha, squares, s.k);
        const int at = first + c * s.pixels;
        if (scale != nullptr) scale[at] = divisor;
        dst[at] = window[reach.before] / power(divisor);
    }
}

template <class Power>
__global__ void lrn_forward_any(LrnShape s, float alpha, Power power, const float* src, float* dst,
                                float* scale) {
    const int at = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (!in_bounds(at, s.n * s.c * s.pixels)) return;
    const Reach reach = reach_of(s.size);
    const int c = at / s.pixels % s.c, first = at - c * s.pixels;
    float squares = 0.0F;
    for (int channel = std::max(0, c - reach.before); channel <= std::min(s.c - 1, c + reach.after);
         ++channel) {
        const float value = src[first + channel * s.pixels];
        squares = fmaf(value, value, squares);
    }
    const float divisor = fmaf(alpha, squares, s.k);
    if (scale != nullptr) scale[at] = divisor;
    dst[at] = src[at] / power(divisor);
}

/// What a channel gives to the gradients around it, and to its own.
struct Terms {
    float ratio;   ///< g y / scale
    float direct;  ///< g / scale^beta
};

template <class Power>
__device__ Terms terms_at(const LrnShape& s, Power power, const float* dst, const float* diff_dst,
                          const float* scale, int first, int channel) {
    if (!in_bounds(channel, s.c)) return {0.0F, 0.0F};
    const int at = first + channel * s.pixels;
    const float g = diff_dst[at], divisor = scale[at];
    return {g * dst[at] / divisor, g / power(divisor)};
}

template <int size, class Power>
__global__ void lrn_backward_held(LrnShape s, float factor, Power power, const float* src, const float* dst,
                                  const float* diff_dst, const float* scale, float* diff_src) {
    constexpr Reach reach = reach_of(size);  // channel c is in the windows of c - after ... c + before
    const int pixel = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (!in_bounds(pixel, s.n * s.pixels)) return;
    const int first = first_of(s, pixel);
    float ratios[size] = {};
    float direct[reach.before + 1] = {};  // of the channels c ... c + before
    EMULSION_UNROLL
    for (int channel = 0; channel < reach.before; ++channel) {
        const Terms terms = terms_at(s, power, dst, diff_dst, scale, first, channel);
        push(ratios, terms.ratio);
        push(direct, terms.direct);
    }
    for (int c = 0; c < s.c; ++c) {
        const Terms terms = terms_at(s, power, dst, diff_dst, scale, first, c + reach.before);
        push(ratios, terms.ratio);
        push(direct, terms.direct);
        float sum = ratios[0];
        EMULSION_UNROLL
        for (int i = 1; i < size; ++i) sum += ratios[i];
        const int at = first + c * s.pixels;
        diff_src[at] = fmaf(-(factor * src[at]), sum, direct[0]);
    }
}

template <class Power>
__global__ void lrn_backward_any(LrnShape s, float factor, Power power, const float* src, const float* dst,
                                 const float* diff_dst, const float* scale, float* diff_src) {
    const int at = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (!in_bounds(at, s.n * s.c * s.pixels)) return;
    const Reach reach = reach_of(s.size);
    const int c = at / s.pixels % s.c, first = at - c * s.pixels;
    float sum = 0.0F;
    for (int channel = std::max(0, c - reach.after); channel <= std::min(s.c - 1, c + reach.before);
         ++channel) {
        const int neighbour = first + channel * s.pixels;
        sum += diff_dst[neighbour] * dst[neighbour] / scale[neighbour];
    }
    diff_src[at] = fmaf(-(factor * src[at]), sum, diff_dst[at] / power(scale[at]));
}

std::size_t pixel_blocks(const LrnShape& s) {
    return blocks_for(s.n * s.pixels, block);
}
std::size_t element_blocks(const LrnShape& s) {
    return blocks_for(s.n * s.c * s.pixels, block);
}

template <class Power>
void forward(const LrnShape& s, Power power, const float* src, float* dst, float* scale, const Queue& queue) {
    const float alpha = s.alpha / static_cast<float>(s.size);
    if (s.size == 5)
        launch({"lrn_forward_held<5>", pixel_blocks(s), block}, queue, lrn_forward_held<5, Power>, s, alpha,
               power, src, dst, scale);
    else if (s.size == 3)
        launch({"lrn_forward_held<3>", pixel_blocks(s), block}, queue, lrn_forward_held<3, Power>, s, alpha,
               power, src, dst, scale);
    else
        launch({"lrn_forward_any", element_blocks(s), block}, queue, lrn_forward_any<Power>, s, alpha, power,
               src, dst, scale);
}

template <class Power>
void backward(const LrnShape& s, Power power, const float* src, const float* dst, const float* diff_dst,
              const float* scale, float* diff_src, const Queue& queue) {
    const float factor = 2.0F * s.alpha * s.beta / static_cast<float>(s.size);
    if (s.size == 5)
        launch({"lrn_backward_held<5>", pixel_blocks(s), block}, queue, lrn_backward_held<5, Power>, s,
               factor, power, src, dst, diff_dst, scale, diff_src);
    else if (s.size == 3)
        launch({"lrn_backward_held<3>", pixel_blocks(s), block}, queue, lrn_backward_held<3, Power>, s,
               factor, power, src, dst, diff_dst, scale, diff_src);
    else
        launch({"lrn_backward_any", element_blocks(s), block}, queue, lrn_backward_any<Power>, s, factor,
               power, src, dst, diff_dst, scale, diff_src);
}

}  // namespace

bool lrn_holds_window(int size) {
    return size == 5 || size == 3;
}

void lrn_forward(const LrnShape& s, const float* src, float* dst, float* scale, const Queue& queue) {
    if (s.beta == 0.75F)
        forward(s, ThreeQuarters{}, src, dst, scale, queue);
    else
        forward(s, AnyPower{s.beta}, src, dst, scale, queue);
}

void lrn_backward(const LrnShape& s, const float* src, const float* dst, const float* diff_dst,
                  const float* scale, float* diff_src, const Queue& queue) {
    if (s.beta == 0.75F)
        backward(s, ThreeQuarters{}, src, dst, diff_dst, scale, diff_src, queue);
    else
        backward(s, AnyPower{s.beta}, src, dst, diff_dst, scale, diff_src, queue);
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
