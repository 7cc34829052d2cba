// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/eigen/columns.h"

#include <algorithm>

namespace emulsion::kernels::eigen {
namespace {

/// Every stride-th value. The common strides are constants, so that the compiler can shuffle vectors.
void copy_strided(const float* from, int stride, std::int64_t count, float* to) {
    const auto copy = [&](auto step) {
        for (std::int64_t i = 0; i < count; ++i) to[i] = from[i * step];
    };
    if (stride == 1)
        std::copy_n(from, count, to);
    else if (stride == 2)
        copy(std::integral_constant<std::int64_t, 2>{});
    else if (stride == 4)
        copy(std::integral_constant<std::int64_t, 4>{});
    else
        copy(static_cast<std::int64_t>(stride));
}

}  // namespace

Columns::Columns(const Convolution& c) : c_(c) {
    for (int y = 0; y < c.kernel_h; ++y) down_.push_back(inside(y - c.pad_h, c.stride_h, c.src.h, c.dst.h));
    for (int x = 0; x < c.kernel_w; ++x) across_.push_back(inside(x - c.pad_w, c.stride_w, c.src.w, c.dst.w));
}

bool Columns::are_source() const {
    return c_.kernel_h == 1 && c_.kernel_w == 1 && c_.stride_h == 1 && c_.stride_w == 1 && c_.pad_h == 0 &&
           c_.pad_w == 0 && c_.src.h == c_.dst.h && c_.src.w == c_.dst.w;
}

void Columns::gather(const Tile& tile, const float* src, float* to) const {
    const bool shifted = c_.stride_h == 1 && c_.stride_w == 1 && c_.src.w == c_.dst.w;
    for (std::int64_t i = 0; i < tile.rows; ++i, to += tile.pixels) {
        if (shifted)
            gather_shifted(row(tile.k + i), tile, src, to);
        else
            gather_by_lines(row(tile.k + i), tile, src, to);
    }
}

void Columns::scatter(const Tile& tile, const float* from, float* src) const {
    for (std::int64_t i = 0; i < tile.rows; ++i, from += tile.pixels) {
        walk(row(tile.k + i), tile, [&](const Line& line) {
            for (std::int64_t x = 0; x < line.cells; ++x)
                src[line.source + x * c_.stride_w] += from[line.column + line.first + x];
        });
    }
}

/// `offset` is where the kernel position falls for output 0.
Columns::Inside Columns::inside(std::int64_t offset, int stride, std::int64_t extent, std::int64_t outputs) {
    const std::int64_t begin = offset >= 0 ? 0 : (-offset + stride - 1) / stride;
    const std::int64_t end = extent > offset ? (extent - offset + stride - 1) / stride : 0;
    return {std::min(begin, outputs), std::clamp(end, std::min(begin, outputs), outputs)};
}

Columns::Row Columns::row(std::int64_t k) const {
    const std::int64_t x = k % c_.kernel_w, y = k / c_.kernel_w % c_.kernel_h;
    return {k / c_.kernel_w / c_.kernel_h, y - c_.pad_h, x - c_.pad_w, down_[static_cast<std::size_t>(y)],
            across_[static_cast<std::size_t>(x)]};
}

void Columns::gather_by_lines(const Row& row, const Tile& tile, const float* src, float* to) const {
    walk(row, tile, [&](const Line& line) {
        float* const at = to + line.column;
        std::fill_n(at, line.first, 0.0F);
        copy_strided(src + line.source, c_.stride_w, line.cells, at + line.first);
        std::fill(at + line.first + line.cells, at + line.length, 0.0F);
    });
}

/// With stride 1 and lines as long as the source's, a row of the matrix is a source channel moved by a
/// constant: one copy, and then zeros over what the move carried across the ends of lines.
void Columns::gather_shifted(const Row& row, const Tile& tile, const float* src, float* to) const {
    const std::int64_t width = c_.dst.w, last = tile.p + tile.pixels;
    if (row.down.begin == row.down.end || row.across.begin == row.across.end) {
        std::fill_n(to, tile.pixels, 0.0F);
        return;
    }
    const std::int64_t begin = std::clamp(row.down.begin * width + row.across.begin, tile.p, last);
    const std::int64_t end = std::clamp((row.down.end - 1) * width + row.across.end, begin, last);
    const auto at = [&](std::int64_t pixel) { return to + (pixel - tile.p); };
    std::fill(to, at(begin), 0.0F);
    if (begin < end) {
        const std::int64_t move = (row.channel * c_.src.h + row.top) * width + row.left;
        std::copy_n(src + (begin + move), end - begin, at(begin));
    }
    std::fill(at(end), at(last), 0.0F);
    const std::int64_t gap = row.across.begin + width - row.across.end;
    for (std::int64_t p = (begin / width - 1) * width + row.across.end; gap > 0 && p < end; p += width)
        std::fill(at(std::max(p, begin)), at(std::clamp(p + gap, begin, end)), 0.0F);
}

/// Calls visit(Line) for every output line that a row of a tile touches.
template <class Visit>
void Columns::walk(const Row& row, const Tile& tile, Visit&& visit) const {
    std::int64_t y = tile.p / c_.dst.w, x = tile.p % c_.dst.w;
    for (Line line; line.column < tile.pixels; line.column += line.length, ++y, x = 0) {
        line.length = std::min(c_.dst.w - x, tile.pixels - line.column);
        const bool seen = y >= row.down.begin && y < row.down.end;
        const std::int64_t begin = seen ? std::clamp(row.across.begin, x, x + line.length) : x;
        const std::int64_t end = seen ? std::clamp(row.across.end, begin, x + line.length) : x;
        line.first = begin - x;
        line.cells = end - begin;
        if (line.cells > 0)
            line.source = ((row.channel * c_.src.h + y * c_.stride_h + row.top) * c_.src.w +
                           begin * c_.stride_w + row.left);
        visit(line);
    }
}

}  // namespace emulsion::kernels::eigen
