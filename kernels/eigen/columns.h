// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The column matrix of a convolution (im2col), never whole but in tiles.
//
// Of one image and group, row k = (channel, kernel y, kernel x) and column p = (output y, output x)
// hold the source cell that weight k meets at output pixel p, zero where that lies in the padding. The
// convolution is then a matrix product. The matrix is kernel_h * kernel_w times as large as the source;
// a tile of it stays in the second cache between being written and being multiplied.
#pragma once

#include "kernels/kernels.h"

namespace emulsion::kernels::eigen {

class Columns {
   public:
    explicit Columns(const Convolution&);

    /// Rows [k, k + rows) and columns [p, p + pixels) of the matrix.
    struct Tile {
        std::int64_t k = 0, rows = 0, p = 0, pixels = 0;
    };

    /// The matrix is the source itself: 1x1 kernels, stride 1, no padding.
    bool are_source() const;

    /// Writes a tile, its rows tile.pixels apart. `src` is the first channel of the image's group.
    void gather(const Tile&, const float* src, float* tile) const;

    /// Adds a tile to the source cells it stands for (col2im). `src` as above.
    void scatter(const Tile&, const float* tile, float* src) const;

   private:
    /// The outputs [begin, end) of a line whose cells under one kernel position lie in the image.
    struct Inside {
        std::int64_t begin, end;
    };
    /// What one row of the matrix reads: output (0, 0) meets cell (top, left) of the channel.
    struct Row {
        std::int64_t channel, top, left;
        Inside down, across;
    };
    /// `length` columns from `column` on that belong to one output line; of these the `cells` from the
    /// `first` on lie in the image, beginning at `source`, counted from the group's first channel.
    struct Line {
        std::int64_t column = 0, length = 0, first = 0, cells = 0, source = 0;
    };

    static Inside inside(std::int64_t offset, int stride, std::int64_t extent, std::int64_t outputs);
    Row row(std::int64_t k) const;
    void gather_by_lines(const Row&, const Tile&, const float* src, float* to) const;
    void gather_shifted(const Row&, const Tile&, const float* src, float* to) const;
    template <class Visit>
    void walk(const Row&, const Tile&, Visit&&) const;

    const Convolution c_;
    std::vector<Inside> down_, across_;  // by kernel line, by kernel column
};

}  // namespace emulsion::kernels::eigen
