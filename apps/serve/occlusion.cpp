// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/serve/occlusion.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace emulsion::serve {

double log_odds(float p0, float p1) {
    const auto log = [](float p) {
        return std::log(static_cast<double>(std::max(p, std::numeric_limits<float>::min())));
    };
    return log(p1) - log(p0);
}

Grid grid_of(const Framing& framing, int long_side, int short_side) {
    return framing.height > framing.width ? Grid{long_side, short_side} : Grid{short_side, long_side};
}

Patch patch_of(const Framing& framing, const Grid& grid, int row, int column) {
    // A quarter turn counter-clockwise makes the last column the first row, and the first row the first
    // column.
    Grid turned = grid;
    if (framing.turned) {
        turned = {grid.columns, grid.rows};
        row = std::exchange(column, row);
        row = turned.rows - 1 - row;
    }
    const ResizeTo& to = framing.to;
    const auto edge = [](int i, int parts, int size, int cut, int kept) {
        const auto place = static_cast<int>(static_cast<std::int64_t>(i) * size / parts);
        return std::clamp(place - cut, 0, kept);
    };
    return {edge(row, turned.rows, to.full_height, to.top, to.height),
            edge(column, turned.columns, to.full_width, to.left, to.width),
            edge(row + 1, turned.rows, to.full_height, to.top, to.height),
            edge(column + 1, turned.columns, to.full_width, to.left, to.width)};
}

std::array<std::uint8_t, 3> mean_colour(const Preprocessing& preprocessing) {
    std::array<std::uint8_t, 3> colour{};
    const std::vector<float>& image = preprocessing.mean_image;
    const auto plane = static_cast<std::ptrdiff_t>(image.size() / 3);
    for (std::ptrdiff_t c = 0; c < 3; ++c) {
        const double mean =
            image.empty() ? static_cast<double>(preprocessing.mean[static_cast<std::size_t>(c)])
                          : std::accumulate(image.begin() + c * plane, image.begin() + (c + 1) * plane, 0.0) /
                                static_cast<double>(plane);
        const std::ptrdiff_t place = preprocessing.bgr ? 2 - c : c;
        colour[static_cast<std::size_t>(place)] =
            static_cast<std::uint8_t>(std::lround(std::clamp(mean, 0.0, 255.0)));
    }
    return colour;
}

Occlusion::Occlusion(std::vector<std::uint8_t> photo, const Framing& framing,
                     const Preprocessing& preprocessing, const Grid& grid)
    : photo_(std::move(photo)),
      row_bytes_(3 * static_cast<std::size_t>(preprocessing.width)),
      colour_(mean_colour(preprocessing)),
      grid_(grid) {
    for (int row = 0; row < grid.rows; ++row) {
        for (int column = 0; column < grid.columns; ++column) {
            const Patch patch = patch_of(framing, grid, row, column);
            if (patch.empty()) continue;
            patches_.push_back(patch);
            cells_.push_back(static_cast<std::size_t>(row * grid.columns + column));
        }
    }
}

int Occlusion::next(int most, std::span<std::uint8_t> pictures) const {
    const std::size_t begin = log_odds_.size();
    const std::size_t end = std::min(begin + static_cast<std::size_t>(most), patches_.size() + 1);
    for (std::size_t i = begin; i < end; ++i) {
        const std::span<std::uint8_t> picture = pictures.subspan((i - begin) * photo_.size(), photo_.size());
        std::ranges::copy(photo_, picture.begin());
        if (i == 0) continue;
        const Patch& patch = patches_[i - 1];
        for (int y = patch.top; y < patch.bottom; ++y) {
            std::uint8_t* const row = picture.data() + static_cast<std::size_t>(y) * row_bytes_;
            for (int x = patch.left; x < patch.right; ++x)
                std::ranges::copy(colour_, row + 3 * static_cast<std::ptrdiff_t>(x));
        }
    }
    return static_cast<int>(end - begin);
}

void Occlusion::take(std::span<const float> outputs) {
    if (log_odds_.empty()) probability_ = outputs[1];
    for (std::size_t i = 0; i < outputs.size(); i += 2)
        log_odds_.push_back(log_odds(outputs[i], outputs[i + 1]));
}

std::vector<float> Occlusion::falls() const {
    std::vector<float> falls(static_cast<std::size_t>(grid_.rows * grid_.columns));
    for (std::size_t i = 0; i < cells_.size(); ++i)
        falls[cells_[i]] = static_cast<float>(log_odds_.front() - log_odds_[i + 1]);
    return falls;
}

}  // namespace emulsion::serve
