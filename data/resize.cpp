// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// How: bands of eight rows. Each row of a band is first gathered down the columns (a weighted sum of
// whole source rows: contiguous, so it vectorises), then the band is turned so that its eight rows lie
// side by side for every sample, and summed along the row eight rows at a time: contiguous again.
#include "data/resize.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <span>
#include <vector>

namespace emulsion {
namespace {

using Filter = Preprocessing::Filter;

/// Half the width of the kernel, in output pixels; 0 for those that are not kernels.
double support(Filter filter) {
    switch (filter) {
        case Filter::bilinear:
            return 1;
        case Filter::bicubic:
            return 2;
        case Filter::lanczos:
            return 3;
        case Filter::nearest:
        case Filter::area:
            break;
    }
    return 0;
}

double sinc(double x) {
    const double t = std::numbers::pi * x;
    return t == 0 ? 1 : std::sin(t) / t;
}

double kernel(Filter filter, double x) {
    x = std::abs(x);
    if (x >= support(filter)) return 0;
    if (filter == Filter::bilinear) return 1 - x;
    if (filter == Filter::lanczos) return sinc(x) * sinc(x / 3);
    if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
    return ((-0.5 * x + 2.5) * x - 4) * x + 2;
}

/// The source pixels that make each output pixel of one axis, and their weights, which sum to 1.
struct Taps {
    struct Range {
        int first, count;
        std::size_t start;  ///< of its weights
    };
    std::span<const float> weights_of(const Range& range) const {
        return {&weights[range.start], static_cast<std::size_t>(range.count)};
    }

    std::vector<Range> ranges;
    std::vector<float> weights;
    int begin = 0, end = 0;  ///< source pixels used by any
};

void append_weights(Taps& taps, int first, const std::vector<double>& weights) {
    double sum = 0;
    for (const double w : weights) sum += w;
    taps.ranges.push_back({first, static_cast<int>(weights.size()), taps.weights.size()});
    for (const double w : weights) taps.weights.push_back(static_cast<float>(w / sum));
}

/// Taps of outputs [from, from + count) when an axis of `in` pixels becomes one of `out`.
Taps make_taps(int in, int out, int from, int count, Filter filter) {
    const double scale = static_cast<double>(in) / out, widening = std::max(scale, 1.0);
    const auto clip = [in](double x) {
        return static_cast<int>(std::clamp(x, 0.0, static_cast<double>(in)));
    };
    Taps taps;
    std::vector<double> weights;
    for (int o = from; o < from + count; ++o) {
        const double centre = (o + 0.5) * scale;
        int first = 0;
        weights.clear();
        if (filter == Filter::nearest) {
            first = static_cast<int>((2 * std::int64_t{o} + 1) * in / (2 * std::int64_t{out}));  // exact
            weights.push_back(1);
        } else if (filter == Filter::area) {
            const double low = o * scale, high = low + scale;
            first = std::min(clip(low), in - 1);
            for (int i = first; i < in && (i < high || i == first); ++i)
                weights.push_back(std::min(i + 1.0, high) - std::max<double>(i, low));
        } else {
            const double reach = support(filter) * widening;
            first = clip(centre - reach + 0.5);
            const int last = clip(centre + reach + 0.5);
            for (int i = first; i < last; ++i)
                weights.push_back(kernel(filter, (i + 0.5 - centre) / widening));
        }
        append_weights(taps, first, weights);
    }
    taps.begin = taps.ranges.front().first;
    for (const Taps::Range& range : taps.ranges) taps.end = std::max(taps.end, range.first + range.count);
    return taps;
}

/// Eight numbers at a time: what one AVX register holds.
constexpr int lanes = 8;
using Floats = float __attribute__((vector_size(4 * lanes)));
using Ints = std::int32_t __attribute__((vector_size(4 * lanes)));

Floats load(const float* from) {
    Floats values;
    std::memcpy(&values, from, sizeof values);
    return values;
}

/// Spelt out, because the compiler makes one instruction of this and many of anything else.
Floats load(const std::uint8_t* from) {
    const Ints values{from[0], from[1], from[2], from[3], from[4], from[5], from[6], from[7]};
    return __builtin_convertvector(values, Floats);
}

/// Rounded and cut off at 0 and 255.
Ints rounded(Floats values) {
    const Floats low = {}, high = low + 255.0F;
    values += 0.5F;
    values = values < low ? low : values;
    values = values > high ? high : values;
    return __builtin_convertvector(values, Ints);
}

/// out[i] = sum over the taps of weight * row[i], for some lanes' worth of samples of rows that lie
/// `stride` apart; the sums stay in registers for all taps.
template <int vectors>
void gather_strip(const std::uint8_t* rows, std::size_t stride, std::span<const float> weights, float* out) {
    Floats sums[vectors] = {};
    for (const float weight : weights) {
        for (int v = 0; v < vectors; ++v) sums[v] += weight * load(rows + v * lanes);
        rows += stride;
    }
    std::memcpy(out, sums, sizeof sums);
}

/// The same for a whole row of `samples`.
void gather_rows(const std::uint8_t* rows, std::size_t stride, std::span<const float> weights, int samples,
                 float* out) {
    constexpr int strip = 8;
    int i = 0;
    for (; i + strip * lanes <= samples; i += strip * lanes)
        gather_strip<strip>(rows + i, stride, weights, out + i);
    for (; i + lanes <= samples; i += lanes) gather_strip<1>(rows + i, stride, weights, out + i);
    for (; i < samples; ++i) {
        float sum = 0;
        for (std::size_t k = 0; k < weights.size(); ++k)
            sum += weights[k] * static_cast<float>(rows[k * stride + static_cast<std::size_t>(i)]);
        out[i] = sum;
    }
}

constexpr int band = lanes;  ///< rows summed together

/// turned[i * band + r] = lines[r * samples + i]
void turn_band(const float* lines, std::size_t samples, float* turned) {
    for (std::size_t i = 0; i < samples; ++i)
        for (std::size_t r = 0; r < band; ++r) turned[i * band + r] = lines[r * samples + i];
}

/// One output pixel of each row of the band: out[r * stride + c].
void sum_along(const float* turned, std::span<const float> weights, int rows, std::size_t stride,
               std::uint8_t* out) {
    Floats sums[3] = {};
    for (const float weight : weights) {
        for (int c = 0; c < 3; ++c) sums[c] += weight * load(turned + c * band);
        turned += 3 * band;
    }
    Ints pixels[3];
    for (int c = 0; c < 3; ++c) pixels[c] = rounded(sums[c]);
    for (int r = 0; r < rows; ++r, out += stride)
        for (int c = 0; c < 3; ++c) out[c] = static_cast<std::uint8_t>(pixels[c][r]);
}

}  // namespace

Image resize(const Image& photo, const ResizeTo& to, Filter filter) {
    const bool whole = to.height == to.full_height && to.width == to.full_width;
    if (whole && to.height == photo.height && to.width == photo.width) return photo;
    const Taps down = make_taps(photo.height, to.full_height, to.top, to.height, filter);
    const Taps along = make_taps(photo.width, to.full_width, to.left, to.width, filter);

    const auto samples = static_cast<std::size_t>(along.end - along.begin) * 3;
    std::vector<float> lines(band * samples), turned(band * samples);
    Image out{to.width, to.height, {}};
    out.rgb.resize(static_cast<std::size_t>(out.height) * out.row_bytes());
    const std::uint8_t* const left_edge = photo.rgb.data() + static_cast<std::size_t>(along.begin) * 3;

    for (int top = 0; top < to.height; top += band) {
        const int rows = std::min(band, to.height - top);
        for (int r = 0; r < rows; ++r) {
            const Taps::Range& range =
                down.ranges[static_cast<std::size_t>(top) + static_cast<std::size_t>(r)];
            gather_rows(left_edge + static_cast<std::size_t>(range.first) * photo.row_bytes(),
                        photo.row_bytes(), down.weights_of(range), static_cast<int>(samples),
                        &lines[static_cast<std::size_t>(r) * samples]);
        }
        turn_band(lines.data(), samples, turned.data());
        std::uint8_t* pixel = &out.rgb[static_cast<std::size_t>(top) * out.row_bytes()];
        for (const Taps::Range& range : along.ranges) {
            const auto offset = static_cast<std::size_t>(range.first - along.begin) * 3 * band;
            sum_along(&turned[offset], along.weights_of(range), rows, out.row_bytes(), pixel);
            pixel += 3;
        }
    }
    return out;
}

Image resize(const Image& photo, int height, int width, Filter filter) {
    return resize(photo, ResizeTo{height, width, 0, 0, height, width}, filter);
}

}  // namespace emulsion
