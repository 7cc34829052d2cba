// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The dense kernel itself, included once for each instruction set that it is compiled for (see simd.h for
// what follows from that).
//
// For each group of tiles, each block of 16 rows and each stretch of inputs, all small enough to stay in a
// core's cache, the tiles go over 4 rows at a time. The weights come from memory once a group; while a
// tile works on its rows, it asks for a share of the next four. Tiles reach 99% of a core's peak from the
// second-level cache (measured on Zen 4).
#pragma once

#include <cstdint>

#include "kernels/onednn/dense.h"
#include "kernels/onednn/simd.h"

namespace emulsion::kernels::onednn {
namespace {

/// Adds the lanes, always in the same tree.
template <int lanes>
float sum_of(const Floats<lanes>& vector) {
    float parts[lanes];
    __builtin_memcpy(parts, &vector, sizeof parts);
    for (int half = lanes / 2; half > 0; half /= 2)
        for (int i = 0; i < half; ++i) parts[i] += parts[i + half];
    return parts[0];
}

constexpr int tile_rows = static_cast<int>(dense_rows);
constexpr std::int64_t block_rows = 16;     // rows that share a stretch of the source
constexpr std::int64_t group_tiles = 10;    // tiles that share a stretch of the weights
constexpr std::int64_t stretch = 144 * 16;  // inputs between two visits to the partial sums

constexpr std::int64_t smaller(std::int64_t a, std::int64_t b) {
    return a < b ? a : b;
}

/// What a tile reads of the rows that follow, ahead of their turn: `rows` lines a step.
template <class Weight>
struct Ahead {
    const Weight* weights;
    int rows;
};

/// sums[row][image] += weights[row][k] * src[k][image] over `count` inputs, a multiple of lanes.
template <int lanes, int rows, int images, class Weight>
void tile(const Weight* weights, std::int64_t inputs, const float* src, std::int64_t count,
          Ahead<Weight> ahead, Floats<lanes>* sums, std::int64_t sums_stride) {
    Floats<lanes> part[rows][images];
#pragma GCC unroll 8
    for (int r = 0; r < rows; ++r)
#pragma GCC unroll 8
        for (int i = 0; i < images; ++i) part[r][i] = sums[r * sums_stride + i];

    for (std::int64_t k = 0; k < count; k += lanes) {
        for (int r = 0; r < ahead.rows; ++r) __builtin_prefetch(ahead.weights + r * inputs + k, 0, 2);
        Floats<lanes> w[rows];
#pragma GCC unroll 8
        for (int r = 0; r < rows; ++r) load<lanes>(weights + r * inputs + k, w[r]);
#pragma GCC unroll 8
        for (int i = 0; i < images; ++i) {
            Floats<lanes> x;
            load<lanes>(src + k * images + i * lanes, x);
#pragma GCC unroll 8
            for (int r = 0; r < rows; ++r) part[r][i] += w[r] * x;
        }
    }

#pragma GCC unroll 8
    for (int r = 0; r < rows; ++r)
#pragma GCC unroll 8
        for (int i = 0; i < images; ++i) sums[r * sums_stride + i] = part[r][i];
}

/// The tile for so many rows (4 or 1) and images, which the compiler must know.
template <int lanes, int most_wide, class Weight>
void tile_of(std::int64_t rows, std::int64_t images, const Weight* weights, std::int64_t inputs,
             const float* src, std::int64_t count, Ahead<Weight> ahead, Floats<lanes>* sums,
             std::int64_t sums_stride) {
    if constexpr (most_wide > 1)
        if (images < most_wide)
            return tile_of<lanes, most_wide - 1>(rows, images, weights, inputs, src, count, ahead, sums,
                                                 sums_stride);
    if (rows == tile_rows)
        return tile<lanes, tile_rows, most_wide>(weights, inputs, src, count, ahead, sums, sums_stride);
    for (std::int64_t r = 0; r < rows; ++r)
        tile<lanes, 1, most_wide>(weights + r * inputs, inputs, src, count, Ahead<Weight>{},
                                  sums + r * sums_stride, sums_stride);
}

/// One group of tiles by one block of rows.
template <int lanes, int most_wide, class Weight>
class Block {
   public:
    Block(const Dense& dense, std::int64_t first_image, std::int64_t images, std::int64_t first_row,
          std::int64_t rows)
        : d_(dense),
          first_image_(first_image),
          images_(images),
          first_row_(first_row),
          rows_(rows),
          tiles_((images + dense.width - 1) / dense.width) {}

    void compute() {
        for (std::int64_t i = 0; i < rows_ * images_; ++i) sums_[i] = Floats<lanes>{};
        const std::int64_t whole = d_.inputs / lanes * lanes;
        const std::int64_t step = tiles_ == 1 ? whole : stretch;  // one tile: in long streams
        for (std::int64_t k = 0; k < whole; k += step)
            for (std::int64_t row = 0; row < rows_; row += tile_rows)
                add(row, k, smaller(step, whole - k), next(row, k, step));
        if (whole < d_.inputs) add_rest(whole);
        finish();
    }

   private:
    const Weight* weights(std::int64_t row) const {
        return static_cast<const Weight*>(d_.weights) + row * d_.inputs;
    }
    std::int64_t wide(std::int64_t tile) const { return smaller(d_.width, images_ - tile * d_.width); }
    const float* src(std::int64_t tile, std::int64_t k) const {
        return d_.src + (first_image_ + tile * d_.width) * d_.depth + k * wide(tile);
    }

    /// The four rows whose turn comes next, below these, in the next stretch or in the next block.
    const Weight* next(std::int64_t row, std::int64_t k, std::int64_t step) const {
        std::int64_t next_row = first_row_ + row + tile_rows;
        if (row + tile_rows >= rows_) {
            k = k + step < d_.inputs ? k + step : 0;
            if (k != 0) next_row = first_row_;
        }
        return next_row + tile_rows <= d_.outputs ? weights(next_row) + k : nullptr;
    }

    /// Four rows by all tiles, each of which asks for its share of the next four.
    void add(std::int64_t row, std::int64_t k, std::int64_t count, const Weight* next) {
        const int share = next == nullptr ? 0 : tiles_ == 1 ? 4 : tiles_ < 4 ? 2 : 1;
        for (std::int64_t t = 0; t < tiles_; ++t) {
            const Ahead<Weight> ahead{share != 0 ? next + t * share % 4 * d_.inputs : nullptr, share};
            tile_of<lanes, most_wide>(smaller(tile_rows, rows_ - row), wide(t), weights(first_row_ + row) + k,
                                      d_.inputs, src(t, k), count, ahead,
                                      sums_ + row * images_ + t * d_.width, images_);
        }
    }

    /// The last inputs, fewer than a vector, with zeros for what is missing.
    void add_rest(std::int64_t k) {
        for (std::int64_t row = 0; row < rows_; ++row) {
            Weight rest[lanes] = {};
            for (std::int64_t i = k; i < d_.inputs; ++i) rest[i - k] = weights(first_row_ + row)[i];
            for (std::int64_t t = 0; t < tiles_; ++t)
                tile_of<lanes, most_wide>(1, wide(t), rest, lanes, src(t, k), lanes, Ahead<Weight>{},
                                          sums_ + row * images_ + t * d_.width, images_);
        }
    }

    void finish() {
        for (std::int64_t row = 0; row < rows_; ++row)
            for (std::int64_t i = 0; i < images_; ++i) {
                float value = sum_of<lanes>(sums_[row * images_ + i]);
                if (d_.bias != nullptr) value += d_.bias[first_row_ + row];
                if (d_.relu && value < 0) value = 0;  // a NaN stays
                d_.dst[(first_image_ + i) * d_.outputs + first_row_ + row] = value;
            }
    }

    const Dense& d_;
    std::int64_t first_image_, images_, first_row_, rows_, tiles_;
    Floats<lanes> sums_[block_rows * group_tiles * most_wide];
};

/// One image, which waits for the weights and nothing else. A tile's four rows lie far apart, so that each is
/// the next stretch of a long stream, which the processor reads ahead by itself: neighbouring rows are short
/// streams, of which it must find four new ones every time. The additions are those of a block.
template <int lanes, class Weight>
class OneImage {
   public:
    explicit OneImage(const Dense& dense) : d_(dense) {}

    void compute(std::int64_t first, std::int64_t last) {
        const std::int64_t apart = (last - first) / tile_rows;
        for (std::int64_t row = first; row < first + apart; ++row) add<tile_rows>(row, apart);
        for (std::int64_t row = first + apart * tile_rows; row < last; ++row) add<1>(row, 0);
    }

   private:
    template <int rows>
    void add(std::int64_t row, std::int64_t apart) {
        const std::int64_t whole = d_.inputs / lanes * lanes;
        Floats<lanes> sums[rows] = {};
        tile<lanes, rows, 1>(weights(row), apart * d_.inputs, d_.src, whole, Ahead<Weight>{}, sums, 1);
        for (int r = 0; r < rows; ++r, row += apart) {
            if (whole < d_.inputs) add_rest(row, whole, sums[r]);
            float value = sum_of<lanes>(sums[r]);
            if (d_.bias != nullptr) value += d_.bias[row];
            if (d_.relu && value < 0) value = 0;  // a NaN stays
            d_.dst[row] = value;
        }
    }

    void add_rest(std::int64_t row, std::int64_t k, Floats<lanes>& sum) {
        Weight rest[lanes] = {};
        for (std::int64_t i = k; i < d_.inputs; ++i) rest[i - k] = weights(row)[i];
        tile<lanes, 1, 1>(rest, lanes, d_.src + k, lanes, Ahead<Weight>{}, &sum, 1);
    }

    const Weight* weights(std::int64_t row) const {
        return static_cast<const Weight*>(d_.weights) + row * d_.inputs;
    }

    const Dense& d_;
};

template <int lanes, int most_wide, class Weight>
void dense_rows_of(const Dense& dense, std::int64_t first, std::int64_t last) {
    if (dense.images == 1) return OneImage<lanes, Weight>(dense).compute(first, last);
    const std::int64_t group = group_tiles * dense.width;
    for (std::int64_t image = 0; image < dense.images; image += group)
        for (std::int64_t row = first; row < last; row += block_rows)
            Block<lanes, most_wide, Weight>(dense, image, smaller(group, dense.images - image), row,
                                            smaller(block_rows, last - row))
                .compute();
}

}  // namespace
}  // namespace emulsion::kernels::onednn
