// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Convolution and the fully connected layer, one result at a time.
#include "tests/kernels/oracle.h"

namespace emulsion::kernels::tests::oracle {
namespace {

Shape weight_shape(const Convolution& c) {
    return {c.dst.c, c.src.c / c.groups, c.kernel_h, c.kernel_w};
}

bool inside(const Shape& s, std::int64_t y, std::int64_t x) {
    return y >= 0 && y < s.h && x >= 0 && x < s.w;
}

double rectified(double x) {
    return x > 0 || std::isnan(x) ? x : 0;
}

}  // namespace

Position position(const Shape& s, std::int64_t i) {
    return {i / (s.c * s.h * s.w), i / (s.h * s.w) % s.c, i / s.w % s.h, i % s.w};
}

std::size_t index(const Shape& s, std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
    return static_cast<std::size_t>(((n * s.c + c) * s.h + h) * s.w + w);
}

Cell conv_forward(const Convolution& conv, const Values& src, const Values& weights, const Values& bias,
                  std::int64_t i) {
    const Position at = position(conv.dst, i);
    const Shape kernel = weight_shape(conv);
    const std::int64_t group = at.c / (conv.dst.c / conv.groups);
    Cell sum;
    if (!bias.empty()) sum.add(bias[static_cast<std::size_t>(at.c)]);
    for (std::int64_t c = 0; c < kernel.c; ++c)
        for (std::int64_t ky = 0; ky < kernel.h; ++ky)
            for (std::int64_t kx = 0; kx < kernel.w; ++kx) {
                const std::int64_t y = at.h * conv.stride_h - conv.pad_h + ky;
                const std::int64_t x = at.w * conv.stride_w - conv.pad_w + kx;
                if (!inside(conv.src, y, x)) continue;
                sum.add(weights[index(kernel, at.c, c, ky, kx)] *
                        src[index(conv.src, at.n, group * kernel.c + c, y, x)]);
            }
    if (conv.relu) sum.value = rectified(sum.value);
    return sum;
}

// A pixel is read by the windows whose start lies ky rows above and kx columns left of it.
Cell conv_backward_data(const Convolution& conv, const Values& diff_dst, const Values& weights,
                        std::int64_t i) {
    const Position at = position(conv.src, i);
    const Shape kernel = weight_shape(conv);
    const std::int64_t group = at.c / kernel.c, outputs = conv.dst.c / conv.groups;
    Cell sum;
    for (std::int64_t o = group * outputs; o < (group + 1) * outputs; ++o)
        for (std::int64_t ky = 0; ky < kernel.h; ++ky)
            for (std::int64_t kx = 0; kx < kernel.w; ++kx) {
                const std::int64_t top = at.h + conv.pad_h - ky, left = at.w + conv.pad_w - kx;
                if (top % conv.stride_h != 0 || left % conv.stride_w != 0) continue;
                const std::int64_t y = top / conv.stride_h, x = left / conv.stride_w;
                if (!inside(conv.dst, y, x)) continue;
                sum.add(diff_dst[index(conv.dst, at.n, o, y, x)] *
                        weights[index(kernel, o, at.c % kernel.c, ky, kx)]);
            }
    return sum;
}

Cell conv_backward_weights(const Convolution& conv, const Values& src, const Values& diff_dst,
                           std::int64_t i) {
    const Shape kernel = weight_shape(conv);
    const Position at = position(kernel, i);  // n: the output channel
    const std::int64_t group = at.n / (conv.dst.c / conv.groups);
    Cell sum;
    for (std::int64_t n = 0; n < conv.dst.n; ++n)
        for (std::int64_t oy = 0; oy < conv.dst.h; ++oy)
            for (std::int64_t ox = 0; ox < conv.dst.w; ++ox) {
                const std::int64_t y = oy * conv.stride_h - conv.pad_h + at.h;
                const std::int64_t x = ox * conv.stride_w - conv.pad_w + at.w;
                if (!inside(conv.src, y, x)) continue;
                sum.add(diff_dst[index(conv.dst, n, at.n, oy, ox)] *
                        src[index(conv.src, n, group * kernel.c + at.c, y, x)]);
            }
    return sum;
}

Cell conv_backward_bias(const Convolution& conv, const Values& diff_dst, std::int64_t channel) {
    Cell sum;
    for (std::int64_t n = 0; n < conv.dst.n; ++n)
        for (std::int64_t y = 0; y < conv.dst.h; ++y)
            for (std::int64_t x = 0; x < conv.dst.w; ++x)
                sum.add(diff_dst[index(conv.dst, n, channel, y, x)]);
    return sum;
}

Cell fc_forward(const FullyConnected& fc, const Values& src, const Values& weights, const Values& bias,
                std::int64_t i) {
    const std::int64_t inputs = fc.src.per_image(), n = i / fc.outputs, o = i % fc.outputs;
    Cell sum;
    if (!bias.empty()) sum.add(bias[static_cast<std::size_t>(o)]);
    for (std::int64_t k = 0; k < inputs; ++k)
        sum.add(weights[static_cast<std::size_t>(o * inputs + k)] *
                src[static_cast<std::size_t>(n * inputs + k)]);
    if (fc.relu) sum.value = rectified(sum.value);
    return sum;
}

Cell fc_backward_data(const FullyConnected& fc, const Values& diff_dst, const Values& weights,
                      std::int64_t i) {
    const std::int64_t inputs = fc.src.per_image(), n = i / inputs, k = i % inputs;
    Cell sum;
    for (std::int64_t o = 0; o < fc.outputs; ++o)
        sum.add(diff_dst[static_cast<std::size_t>(n * fc.outputs + o)] *
                weights[static_cast<std::size_t>(o * inputs + k)]);
    return sum;
}

Cell fc_backward_weights(const FullyConnected& fc, const Values& src, const Values& diff_dst,
                         std::int64_t i) {
    const std::int64_t inputs = fc.src.per_image(), o = i / inputs, k = i % inputs;
    Cell sum;
    for (std::int64_t n = 0; n < fc.src.n; ++n)
        sum.add(diff_dst[static_cast<std::size_t>(n * fc.outputs + o)] *
                src[static_cast<std::size_t>(n * inputs + k)]);
    return sum;
}

Cell fc_backward_bias(const FullyConnected& fc, const Values& diff_dst, std::int64_t output) {
    Cell sum;
    for (std::int64_t n = 0; n < fc.src.n; ++n)
        sum.add(diff_dst[static_cast<std::size_t>(n * fc.outputs + output)]);
    return sum;
}

}  // namespace emulsion::kernels::tests::oracle
