// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// ReLU, local response normalisation, pooling, concatenation, addition and input preparation, one
// result at a time.
#include <algorithm>

#include "tests/kernels/oracle.h"

namespace emulsion::kernels::tests::oracle {
namespace {

double at(const Values& values, std::int64_t i) {
    return values[static_cast<std::size_t>(i)];
}

Cell copied(double value) {
    return {value, std::fabs(value), 1};
}

/// k + alpha / size * sum of squares of the channels around c; of an even number, one more after c than
/// before.
double lrn_sum(const Lrn& lrn, const Values& src, const Position& p, std::int64_t c) {
    double sum = static_cast<double>(lrn.k);
    const std::int64_t before = (lrn.size - 1) / 2, last = std::min(lrn.shape.c - 1, c + lrn.size / 2);
    for (std::int64_t j = std::max<std::int64_t>(0, c - before); j <= last; ++j) {
        const double x = src[index(lrn.shape, p.n, j, p.h, p.w)];
        sum += static_cast<double>(lrn.alpha) / lrn.size * x * x;
    }
    return sum;
}

/// s^-beta for the sum s at channel c. An implementation may slide its window over the channels, adding one
/// square and subtracting another at each: then s carries the roundings of 2 * channels additions, each
/// relative to the largest sum on the way. The power itself adds |log s| of its own.
Cell lrn_power(const Lrn& lrn, const Values& src, const Position& p) {
    double largest = 0;
    for (std::int64_t c = 0; c < lrn.shape.c; ++c) largest = std::max(largest, lrn_sum(lrn, src, p, c));
    const double s = lrn_sum(lrn, src, p, p.c), beta = static_cast<double>(lrn.beta);
    const double power = std::pow(s, -beta);
    return {power, power * (1 + beta * (largest / s + std::fabs(std::log(s)))), 2 * lrn.shape.c};
}

/// The rows and columns of one pooling window that lie inside the image, and the divisor of an average.
struct Window {
    std::int64_t top, bottom, left, right;  // bottom and right are one past the end
    double divisor;
};

Window window(const Pool& pool, std::int64_t oy, std::int64_t ox) {
    const std::int64_t top = oy * pool.stride_h - pool.pad_h, left = ox * pool.stride_w - pool.pad_w;
    const std::int64_t bottom = top + pool.kernel_h, right = left + pool.kernel_w;
    Window w{std::max<std::int64_t>(0, top), std::min(pool.src.h, bottom), std::max<std::int64_t>(0, left),
             std::min(pool.src.w, right), 0};
    const std::int64_t padded_h = std::min(pool.src.h + pool.pad_h, bottom) - top;
    const std::int64_t padded_w = std::min(pool.src.w + pool.pad_w, right) - left;
    w.divisor = static_cast<double>(pool.mode == Pool::Mode::average_padded
                                        ? padded_h * padded_w
                                        : (w.bottom - w.top) * (w.right - w.left));
    return w;
}

/// The first NaN of a window in row order, or else its first largest value.
std::size_t winner(const Pool& pool, const Window& w, const Values& src, std::int64_t n, std::int64_t c) {
    std::size_t best = index(pool.src, n, c, w.top, w.left);
    for (std::int64_t y = w.top; y < w.bottom; ++y)
        for (std::int64_t x = w.left; x < w.right; ++x) {
            const std::size_t here = index(pool.src, n, c, y, x);
            if (std::isnan(src[best])) return best;
            if (std::isnan(src[here]) || src[here] > src[best]) best = here;
        }
    return best;
}

}  // namespace

Cell relu_forward(const Values& src, std::int64_t i) {
    const double x = at(src, i);
    return copied(x > 0 || std::isnan(x) ? x : 0);
}

Cell relu_backward(const Values& dst, const Values& diff_dst, std::int64_t i) {
    return copied(at(dst, i) > 0 ? at(diff_dst, i) : 0);
}

Cell lrn_forward(const Lrn& lrn, const Values& src, std::int64_t i) {
    const Cell power = lrn_power(lrn, src, position(lrn.shape, i));
    return {at(src, i) * power.value, std::fabs(at(src, i)) * power.magnitude, power.terms};
}

// d dst_j / d src_c = [j == c] s_c^-beta - 2 alpha beta / size * src_c * dst_j / s_j for the j
// whose windows hold c.
Cell lrn_backward(const Lrn& lrn, const Values& src, const Values& dst, const Values& diff_dst,
                  std::int64_t i) {
    const Position p = position(lrn.shape, i);
    const Cell power = lrn_power(lrn, src, p);
    const double factor = -2 * static_cast<double>(lrn.alpha) * static_cast<double>(lrn.beta) / lrn.size;
    const double relative = power.magnitude / power.value;  // 1 / s_j is no less exact than s_j^-beta
    Cell result{at(diff_dst, i) * power.value, std::fabs(at(diff_dst, i)) * power.magnitude, power.terms};
    const std::int64_t after = lrn.size / 2, last = std::min(lrn.shape.c - 1, p.c + (lrn.size - 1) / 2);
    for (std::int64_t j = std::max<std::int64_t>(0, p.c - after); j <= last; ++j) {
        const std::size_t neighbour = index(lrn.shape, p.n, j, p.h, p.w);
        const double term =
            factor * at(src, i) * dst[neighbour] * diff_dst[neighbour] / lrn_sum(lrn, src, p, j);
        result.value += term;
        result.magnitude += std::fabs(term) * relative;
    }
    return result;
}

Cell pool_forward(const Pool& pool, const Values& src, std::int64_t i) {
    const Position p = position(pool.dst, i);
    const Window w = window(pool, p.h, p.w);
    if (pool.mode == Pool::Mode::maximum) return copied(src[winner(pool, w, src, p.n, p.c)]);
    Cell sum;
    for (std::int64_t y = w.top; y < w.bottom; ++y)
        for (std::int64_t x = w.left; x < w.right; ++x) sum.add(src[index(pool.src, p.n, p.c, y, x)]);
    return {sum.value / w.divisor, sum.magnitude / w.divisor, sum.terms};
}

Cell pool_backward(const Pool& pool, const Values& src, const Values& diff_dst, std::int64_t i) {
    const Position p = position(pool.src, i);
    Cell sum;
    for (std::int64_t oy = 0; oy < pool.dst.h; ++oy)
        for (std::int64_t ox = 0; ox < pool.dst.w; ++ox) {
            const Window w = window(pool, oy, ox);
            if (p.h < w.top || p.h >= w.bottom || p.w < w.left || p.w >= w.right) continue;
            const double gradient = diff_dst[index(pool.dst, p.n, p.c, oy, ox)];
            if (pool.mode != Pool::Mode::maximum)
                sum.add(gradient / w.divisor);
            else if (winner(pool, w, src, p.n, p.c) == static_cast<std::size_t>(i))
                sum.add(gradient);
        }
    return sum;
}

Cell concat_forward(const Concat& concat, std::span<const Array> sources, std::int64_t i) {
    const Position p = position(concat.dst, i);
    std::int64_t first = 0;
    std::size_t source = 0;
    while (p.c >= first + concat.src[source].c) first += concat.src[source++].c;
    return copied(sources[source].cells[index(concat.src[source], p.n, p.c - first, p.h, p.w)]);
}

Cell concat_backward(const Concat& concat, const Values& diff_dst, std::size_t source, std::int64_t i) {
    const Position p = position(concat.src[source], i);
    std::int64_t first = 0;
    for (std::size_t s = 0; s < source; ++s) first += concat.src[s].c;
    return copied(diff_dst[index(concat.dst, p.n, first + p.c, p.h, p.w)]);
}

Cell add(const Values& src, const Values& src2, std::int64_t i) {
    const double sum = at(src, i) + at(src2, i);
    return {sum, std::fabs(sum), 2};
}

Cell prepare_input(const PrepareInput& prepare, const Values& photos, const Values& crops, const Values& mean,
                   std::int64_t i) {
    const Position p = position(prepare.dst, i);
    const std::int64_t top = static_cast<std::int64_t>(at(crops, p.n * 3));
    const std::int64_t left = static_cast<std::int64_t>(at(crops, p.n * 3 + 1));
    const bool mirrored = at(crops, p.n * 3 + 2) != 0;
    const std::int64_t y = top + p.h, x = left + (mirrored ? prepare.dst.w - 1 - p.w : p.w);
    const std::int64_t channel = prepare.bgr ? 2 - p.c : p.c;  // photos are RGB
    const Shape photo_shape{prepare.dst.n, prepare.photo_h, prepare.photo_w, 3};
    const double photo = photos[index(photo_shape, p.n, y, x, channel)];
    const auto net_channel = static_cast<std::size_t>(p.c);
    const double off = prepare.mean_image ? at(mean, (p.c * prepare.photo_h + y) * prepare.photo_w + x)
                                          : static_cast<double>(prepare.mean[net_channel]);
    const double scale = static_cast<double>(prepare.scale[net_channel]);
    return {(photo - off) * scale, (photo + std::fabs(off)) * std::fabs(scale), 2};
}

}  // namespace emulsion::kernels::tests::oracle
