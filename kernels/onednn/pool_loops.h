// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The inner loops of pooling, for `width` channels of one cell or window. Neighbouring cells of a row lie
// `lanes` elements apart, rows of cells `row_step`.
#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include "kernels/kernels.h"
#include "kernels/onednn/simd.h"

namespace emulsion::kernels::onednn {

/// A stretch of cells or windows, and the place of the first in the window or cell that it belongs to.
struct Stretch {
    std::int64_t begin, end, place;
};

/// One axis of a pooling, with what the loops would otherwise work out again for every row.
struct Axis {
    Axis(std::int64_t src, std::int64_t dst, int kernel, int stride, int pad, Pool::Mode);

    int kernel, stride;
    bool sound;                         ///< whether each window has a cell inside the image
    std::vector<Stretch> of_window;     ///< the cells inside the image, from which place of the window on
    std::vector<Stretch> of_cell;       ///< the windows that cover it, and its place in the first of them
    std::vector<std::int64_t> divisor;  ///< what a window contributes to the divisor of an average
};

inline Axis::Axis(std::int64_t src, std::int64_t dst, int kernel_, int stride_, int pad, Pool::Mode mode)
    : kernel(kernel_), stride(stride_), sound(pad < kernel_ && (dst - 1) * stride_ - pad < src) {
    for (std::int64_t i = 0; i < dst; ++i) {
        const std::int64_t start = i * stride - pad, begin = std::max<std::int64_t>(0, start);
        of_window.push_back({begin, std::min(src, start + kernel), begin - start});
        const bool padded = mode == Pool::Mode::average_padded;
        divisor.push_back(padded ? std::min(src + pad, start + kernel) - start
                                 : of_window.back().end - begin);
    }
    for (std::int64_t i = 0; i < src; ++i) {
        const std::int64_t reach = i + pad, begin = reach < kernel ? 0 : (reach - kernel) / stride + 1;
        of_cell.push_back({begin, std::min(dst, reach / stride + 1), reach - begin * stride});
    }
}

namespace {

typedef std::uint8_t Bytes32 __attribute__((vector_size(32)));

/// Whether each of `width` bytes is `value`, as a mask for vectors of floats. (A byte is spread over its
/// whole lane rather than converted: GCC 12 converts bytes one by one.)
template <int width>
auto are(const std::uint8_t* bytes, std::uint8_t value) {
    if constexpr (width == 1) {
        return *bytes == value;
    } else {
        typedef std::uint64_t Quads __attribute__((vector_size(32)));
        std::uint64_t eight;
        std::memcpy(&eight, bytes, sizeof eight);
        const auto all = reinterpret_cast<Bytes32>(Quads{eight, eight, eight, eight});
        const Bytes32 spread =
            __builtin_shufflevector(all, all, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3,  //
                                    20, 20, 20, 20, 21, 21, 21, 21, 22, 22, 22, 22, 23, 23, 23, 23);
        using Words = typename Simd<width>::Words;
        return reinterpret_cast<Words>(spread) == Words{} + value * 0x01010101U;
    }
}

/// Writes the lowest byte of each lane (the first in memory, on the CPUs that we know).
template <int width>
void save_bytes(const Ints<width>& from, std::uint8_t* to) {
    if constexpr (width == 1) {
        *to = static_cast<std::uint8_t>(from);
    } else {
        const auto all = reinterpret_cast<Bytes32>(from);
        const auto lowest = __builtin_shufflevector(all, all, 0, 4, 8, 12, 16, 20, 24, 28);
        std::memcpy(to, &lowest, sizeof lowest);
    }
}

/// The maximum of a window, the first of equals; a NaN beats all. `row` is its first cell inside the image.
template <int width, bool keeps_winner, class T>
void maximum(const T* row, std::int64_t row_step, std::int64_t lanes, const Axis& axis_x, const Stretch& y,
             const Stretch& x, T* dst, std::uint8_t* winner) {
    auto row_place = static_cast<std::int32_t>(y.place * axis_x.kernel + x.place);
    Floats<width> best, cell;
    load<width>(row, best);
    Ints<width> best_place = Ints<width>{} + row_place;
    for (std::int64_t i = y.begin; i < y.end; ++i, row += row_step, row_place += axis_x.kernel) {
        const T* at = row;
        for (std::int64_t j = x.begin; j < x.end; ++j, at += lanes) {
            load<width>(at, cell);
            const auto wins = !(cell <= best) && best == best;
            best = wins ? cell : best;
            if constexpr (keeps_winner) {
                const auto place = row_place + static_cast<std::int32_t>(j - x.begin);
                best_place = wins ? Ints<width>{} + place : best_place;
            }
        }
    }
    save<width>(best, dst);
    if constexpr (keeps_winner) save_bytes<width>(best_place, winner);
}

/// The sum of a window times `share`.
template <int width, class T>
void average(const T* row, std::int64_t row_step, std::int64_t lanes, const Stretch& y, const Stretch& x,
             float share, T* dst) {
    Floats<width> sum{}, cell;
    for (std::int64_t i = y.begin; i < y.end; ++i, row += row_step)
        for (std::int64_t j = 0; j < x.end - x.begin; ++j) {
            load<width>(row + j * lanes, cell);
            sum += cell;
        }
    save<width>(sum * share, dst);
}

/// The gradient of a cell: the sum over the windows that it won, of those that cover it (y, x). `row` and
/// `winners` belong to the first of them.
template <int width, class T>
void gather_won(const T* row, const std::uint8_t* winners, std::int64_t row_step, std::int64_t lanes,
                const Axis& axis_y, const Axis& axis_x, const Stretch& y, const Stretch& x, T* diff_src) {
    Floats<width> sum{}, gradient;
    auto row_place = static_cast<std::int32_t>(y.place * axis_x.kernel + x.place);
    for (std::int64_t i = y.begin; i < y.end; ++i, row_place -= axis_y.stride * axis_x.kernel) {
        std::int32_t place = row_place;  // of the cell in this window
        for (std::int64_t j = 0; j < x.end - x.begin; ++j, place -= axis_x.stride) {
            load<width>(row + j * lanes, gradient);
            const auto won = are<width>(winners + j * lanes, static_cast<std::uint8_t>(place));
            sum += won ? gradient : Floats<width>{};
        }
        row += row_step;
        winners += row_step;
    }
    save<width>(sum, diff_src);
}

/// The gradient of a cell: its share of each window that covers it.
template <int width, class T>
void gather_shared(const T* row, std::int64_t row_step, std::int64_t lanes, const Axis& axis_y,
                   const Axis& axis_x, const Stretch& y, const Stretch& x, T* diff_src) {
    Floats<width> sum{}, gradient;
    for (std::int64_t i = y.begin; i < y.end; ++i, row += row_step)
        for (std::int64_t j = x.begin; j < x.end; ++j) {
            const auto divisor =
                axis_y.divisor[static_cast<std::size_t>(i)] * axis_x.divisor[static_cast<std::size_t>(j)];
            load<width>(row + (j - x.begin) * lanes, gradient);
            sum += gradient * (1.0F / static_cast<float>(divisor));
        }
    save<width>(sum, diff_src);
}

}  // namespace
}  // namespace emulsion::kernels::onednn
