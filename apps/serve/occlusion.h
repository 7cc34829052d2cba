// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What mattered in a photo: parts of it are covered by the mean colour, which to the net is nothing, one
// after the other, and its belief falls most where it saw most.
//
// Belief is measured in log-odds, log(p1 / p0): what the probability itself falls by says nothing of a net
// that is sure, whose probabilities stay near 0 or 1 whatever is covered. Both are taken from the softmax's
// outputs, so a p1 that is 1 to the last bit does no harm; one below the smallest normal float counts as
// that, which keeps log-odds within 87.4 of 0 and falls within `most_fall`.
#pragma once

#include <emulsion/preprocessing.h>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/prepare.h"

namespace emulsion::serve {

/// log(p1 / p0) of a softmax's two outputs, by the natural logarithm.
double log_odds(float p0, float p1);

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
    /// What the net said of them, in the same order: two probabilities each, of the better class the second.
    void take(std::span<const float> outputs);
    bool complete() const { return log_odds_.size() == patches_.size() + 1; }

    const Grid& grid() const { return grid_; }
    // Once it is complete:
    float probability() const { return probability_; }  ///< of the whole photo
    /// How much the log-odds fall with each part: rows x columns; 0 of a part that was cut off.
    std::vector<float> falls() const;

   private:
    std::vector<std::uint8_t> photo_;
    std::size_t row_bytes_;
    std::array<std::uint8_t, 3> colour_;
    Grid grid_;
    std::vector<Patch> patches_;      ///< those that are not empty
    std::vector<std::size_t> cells_;  ///< and which parts they are
    std::vector<double> log_odds_;    ///< of the whole, then of each patch, as far as it has come
    float probability_ = 0;
};

}  // namespace emulsion::serve
