// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What mattered in a photo: parts of it are covered by the mean colour, which to the net is nothing, one
// after the other, and the probability falls most where it saw most.
#pragma once

#include <emulsion/preprocessing.h>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/prepare.h"

namespace emulsion::serve {

/// Equal parts of the photo as it is seen upright.
struct Grid {
    int rows = 0, columns = 0;
};
/// More parts along the longer side.
Grid grid_of(const Framing&, int long_side, int short_side);

/// A rectangle of the fitted photo, in pixels; `bottom` and `right` are past its end.
struct Patch {
    int top = 0, left = 0, bottom = 0, right = 0;
    bool empty() const { return top >= bottom || left >= right; }
    bool operator==(const Patch&) const = default;
};
/// Where a part of the upright photo lies once the photo was turned, resized and cut by the contract; empty
/// where it was cut off.
Patch patch_of(const Framing&, const Grid&, int row, int column);

/// R, G, B of the contract's mean, within 0 to 255.
std::array<std::uint8_t, 3> mean_colour(const Preprocessing&);

/// One photo on its way through the net: whole, and then with each part covered.
class Occlusion {
   public:
    /// `photo` is fitted: height x width x 3.
    Occlusion(std::vector<std::uint8_t> photo, const Framing&, const Preprocessing&, const Grid&);

    /// Writes up to `most` of the pictures that are still to be run, and says how many.
    int next(int most, std::span<std::uint8_t> pictures) const;
    /// Their probabilities, in the same order.
    void take(std::span<const float> probabilities);
    bool complete() const { return probabilities_.size() == patches_.size() + 1; }

    const Grid& grid() const { return grid_; }
    // Once it is complete:
    float whole() const { return probabilities_.front(); }
    /// rows x columns; 0 of a part that was cut off.
    std::vector<float> falls() const;

   private:
    std::vector<std::uint8_t> photo_;
    std::size_t row_bytes_;
    std::array<std::uint8_t, 3> colour_;
    Grid grid_;
    std::vector<Patch> patches_;        ///< those that are not empty
    std::vector<std::size_t> cells_;    ///< and which parts they are
    std::vector<float> probabilities_;  ///< of the whole, then of each patch, as far as it has come
};

}  // namespace emulsion::serve
