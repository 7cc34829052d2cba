// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/cudnn/stand_in_evaluate.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace emulsion::stand_in {
namespace {

/// The nearest float whose significand has `bits` fewer bits, half to even.
float shortened(float value, unsigned bits) {
    const auto word = std::bit_cast<std::uint32_t>(value);
    if (!std::isfinite(value)) return value;
    const std::uint32_t half = (1U << (bits - 1)) - 1 + (word >> bits & 1U);
    return std::bit_cast<float>((word + half) >> bits << bits);
}

double read(const std::byte* at, cudnnDataType_t type) {
    if (type == CUDNN_DATA_FLOAT) {
        float value = 0;
        std::memcpy(&value, at, sizeof value);
        return value;
    }
    std::uint16_t word = 0;
    std::memcpy(&word, at, sizeof word);
    return std::bit_cast<float>(std::uint32_t{word} << 16U);
}

void write(double value, std::byte* at, cudnnDataType_t type) {
    const auto single = static_cast<float>(rounded(value, type));
    if (type == CUDNN_DATA_FLOAT) {
        std::memcpy(at, &single, sizeof single);
        return;
    }
    const auto word = static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(single) >> 16U);
    std::memcpy(at, &word, sizeof word);
}

/// Calls visit(i, offset) for each element: its place in the order of dimensions, and its place in memory.
template <class Visit>
void each_element(const Tensor& t, Visit visit) {
    Dims at(t.dims.size(), 0);
    for (std::int64_t i = 0; i < t.count(); ++i) {
        std::int64_t offset = 0;
        for (std::size_t d = 0; d < at.size(); ++d) offset += at[d] * t.strides[d];
        visit(static_cast<std::size_t>(i), offset * static_cast<std::int64_t>(stand_in::size_of(t.type)));
        for (std::size_t d = at.size(); d-- > 0 && ++at[d] == t.dims[d];) at[d] = 0;
    }
}

/// A number in [-1, 1) that depends on its arguments alone (splitmix64).
double scatter(std::uint64_t seed, std::uint64_t i) {
    std::uint64_t z = (seed + i + 1) * 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return static_cast<double>(static_cast<std::int64_t>(z ^ (z >> 31U))) * 0x1p-63;
}

/// Where a window's cell lies: place = stride * out - pad + dilation * cell, if within the image.
struct Axis {
    std::int64_t in, out, pad, stride, dilation, kernel;

    std::int64_t offset(std::int64_t cell) const { return dilation * cell - pad; }
    /// The outputs for which the cell is within the image: [first, last).
    std::int64_t first(std::int64_t cell) const {
        return std::max<std::int64_t>(0, (-offset(cell) + stride - 1) / stride);
    }
    std::int64_t last(std::int64_t cell) const {
        const std::int64_t room = in - offset(cell);
        return room <= 0 ? 0 : std::min(out, (room - 1) / stride + 1);
    }
};
Axis axis(const Operation& o, std::size_t i) {
    return {o.x.dims[i + 2],    o.y.dims[i + 2],      o.window.pre[i],
            o.window.stride[i], o.window.dilation[i], o.window.kernel[i]};
}

/// Places along a row of x, `step` apart, and as many side by side along a row of y. A step of 1 has loops of
/// its own, which the compiler makes vectors of.
struct Row {
    std::int64_t count, step;

    void add_scaled(double* to, const double* a, double factor) const {
        if (step == 1)
            for (std::int64_t i = 0; i < count; ++i) to[i] += a[i] * factor;
        else
            for (std::int64_t i = 0; i < count; ++i) to[i] += a[i * step] * factor;
    }
    void scatter_scaled(double* to, const double* a, double factor) const {
        if (step == 1)
            for (std::int64_t i = 0; i < count; ++i) to[i] += a[i] * factor;
        else
            for (std::int64_t i = 0; i < count; ++i) to[i * step] += a[i] * factor;
    }
    double product(const double* a, const double* b) const {
        double sums[4] = {};
        std::int64_t i = 0;
        for (; i + 4 <= count; i += 4)
            for (std::int64_t j = 0; j < 4; ++j) sums[j] += a[(i + j) * step] * b[i + j];
        for (; i < count; ++i) sums[0] += a[i * step] * b[i];
        return (sums[0] + sums[1]) + (sums[2] + sums[3]);
    }
};

/// Visits every product of a convolution, a row of outputs at a time, by the places in cells where the rows
/// of x and y begin and where the weight is.
template <class Visit>
void each_row(const Operation& o, Visit visit) {
    const Axis v = axis(o, 0), h = axis(o, 1);
    const std::int64_t batch = o.x.dims[0], channels = o.x.dims[1], outputs = o.w.dims[0];
    const std::int64_t inner = o.w.dims[1], per_group = outputs / o.groups();
    for (std::int64_t n = 0; n < batch; ++n)
        for (std::int64_t k = 0; k < outputs; ++k)
            for (std::int64_t c = 0; c < inner; ++c)
                for (std::int64_t r = 0; r < v.kernel; ++r)
                    for (std::int64_t s = 0; s < h.kernel; ++s) {
                        const std::int64_t channel = k / per_group * inner + c;
                        const std::int64_t row = o.flipped ? v.kernel - 1 - r : r;
                        const std::int64_t column = o.flipped ? h.kernel - 1 - s : s;
                        const std::int64_t w = ((k * inner + c) * v.kernel + row) * h.kernel + column;
                        const std::int64_t left = h.first(s), count = h.last(s) - left;
                        if (count <= 0) continue;
                        for (std::int64_t p = v.first(r); p < v.last(r); ++p) {
                            const std::int64_t line = p * v.stride + v.offset(r);
                            const std::int64_t x = ((n * channels + channel) * v.in + line) * h.in +
                                                   left * h.stride + h.offset(s);
                            visit(x, w, ((n * outputs + k) * v.out + p) * h.out + left, Row{count, h.stride});
                        }
                    }
}

Cells convolve(const Operation& o, const Cells& first, const Cells& second) {
    Cells sums(static_cast<std::size_t>(o.result().count()), 0.0);
    const double* const a = first.data();
    const double* const b = second.data();
    double* const to = sums.data();
    switch (o.kind) {
        case Operation::Kind::forward:  // of x and w
            each_row(o, [=](std::int64_t x, std::int64_t w, std::int64_t y, const Row& row) {
                row.add_scaled(to + y, a + x, b[w]);
            });
            break;
        case Operation::Kind::backward_data:  // of w and y
            each_row(o, [=](std::int64_t x, std::int64_t w, std::int64_t y, const Row& row) {
                row.scatter_scaled(to + x, b + y, a[w]);
            });
            break;
        default:  // of x and y
            each_row(o, [=](std::int64_t x, std::int64_t w, std::int64_t y, const Row& row) {
                to[w] += row.product(a + x, b + y);
            });
    }
    return sums;
}

Cells convolution(const Operation& o, std::vector<Cells> sources, const Arithmetic& how) {
    const std::vector<Tensor> tensors = o.sources();
    for (std::size_t i = 0; i < 2; ++i)
        if (how.tf32 && tensors[i].type == CUDNN_DATA_FLOAT)
            for (double& cell : sources[i]) cell = shortened(static_cast<float>(cell), 13);
    Cells sums = convolve(o, sources[0], sources[1]);
    for (std::size_t i = 0; i < sums.size(); ++i) {
        if (how.noise != 0) sums[i] *= 1 + how.noise * scatter(1, i);
        if (how.changing != 0) sums[i] *= 1 + 1e-6 * scatter(how.changing << 40U, i);
    }
    return sums;
}

/// x + the second source, of which dimensions of 1 serve all places.
Cells add(const Operation& o, const Cells& x, const Cells& second) {
    Tensor broadcast = o.x;
    std::int64_t step = static_cast<std::int64_t>(second.size());
    for (std::size_t d = 0; d < o.w.dims.size(); ++d) {
        step /= o.w.dims[d];
        broadcast.strides[d] = o.w.dims[d] == 1 ? 0 : step;
    }
    const auto element = static_cast<std::int64_t>(stand_in::size_of(broadcast.type));
    Cells sums(x.size());
    each_element(broadcast, [&](std::size_t i, std::int64_t offset) {
        sums[i] = o.alpha * x[i] + o.alpha2 * second[static_cast<std::size_t>(offset / element)];
    });
    return sums;
}

Cells relu(const Operation& o, Cells x) {
    for (double& cell : x) cell = std::isnan(cell) ? (o.keeps_nan ? cell : 0) : std::max(0.0, o.alpha * cell);
    return x;
}

/// One window; cells beyond the image count as far as the mode wants.
double pooled(const Operation& o, const double* image, std::int64_t p, std::int64_t q) {
    const Axis v = axis(o, 0), h = axis(o, 1);
    double sum = 0, most = -std::numeric_limits<double>::infinity();
    std::int64_t inside = 0;
    for (std::int64_t r = 0; r < v.kernel; ++r)
        for (std::int64_t s = 0; s < h.kernel; ++s) {
            const std::int64_t y = p * v.stride + v.offset(r), x = q * h.stride + h.offset(s);
            if (y < 0 || y >= v.in || x < 0 || x >= h.in) continue;
            const double cell = image[y * h.in + x];
            ++inside;
            sum += cell;
            if (std::isnan(cell) ? o.keeps_nan : !(cell <= most)) most = std::isnan(most) ? most : cell;
        }
    if (o.mode == CUDNN_RESAMPLE_MAXPOOL) return most;
    return sum / static_cast<double>(o.mode == CUDNN_RESAMPLE_AVGPOOL_EXCLUDE_PADDING ? inside
                                                                                      : v.kernel * h.kernel);
}

Cells resample(const Operation& o, const Cells& x) {
    Cells results;
    const std::int64_t planes = o.x.dims[0] * o.x.dims[1], size = o.x.dims[2] * o.x.dims[3];
    for (std::int64_t plane = 0; plane < planes; ++plane)
        for (std::int64_t p = 0; p < o.y.dims[2]; ++p)
            for (std::int64_t q = 0; q < o.y.dims[3]; ++q)
                results.push_back(pooled(o, x.data() + plane * size, p, q));
    return results;
}

}  // namespace

double rounded(double value, cudnnDataType_t type) {
    const auto single = static_cast<float>(value);
    return type == CUDNN_DATA_FLOAT ? single : shortened(single, 16);
}

Cells load(const Tensor& t, const void* memory) {
    Cells cells(static_cast<std::size_t>(t.count()));
    each_element(t, [&](std::size_t i, std::int64_t offset) {
        cells[i] = read(static_cast<const std::byte*>(memory) + offset, t.type);
    });
    return cells;
}

void store(const Tensor& t, const Cells& cells, void* memory) {
    each_element(t, [&](std::size_t i, std::int64_t offset) {
        write(cells[i], static_cast<std::byte*>(memory) + offset, t.type);
    });
}

Cells evaluate(const Operation& o, const std::vector<Cells>& sources, const Cells& before,
               const Arithmetic& how) {
    if (o.kind == Operation::Kind::add) return add(o, sources[0], sources[1]);
    if (o.kind == Operation::Kind::relu) return relu(o, sources[0]);
    Cells results =
        o.kind == Operation::Kind::resample ? resample(o, sources[0]) : convolution(o, sources, how);
    for (std::size_t i = 0; i < results.size(); ++i)
        results[i] = o.alpha * results[i] + (o.beta == 0 ? 0 : o.beta * before[i]);
    return results;
}

}  // namespace emulsion::stand_in
