// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Turning and mirroring by quarter turns.
#pragma once

#include <cstddef>

#include "data/image.h"

namespace emulsion {

/// The EXIF orientation of a photo that needs no turning.
inline constexpr int upright = 1;

/// An EXIF orientation, told by where the first pixel of the upright photo lies in the stored one.
struct Turn {
    bool swapped = false;      ///< rows of one are columns of the other
    bool from_bottom = false;  ///< in the stored photo's last row
    bool from_right = false;   ///< in the stored photo's last column
};

/// 1 as it is, 2 mirror, 3 half turn, 4 flip, 5 transpose, 6 quarter turn clockwise, 7 transverse,
/// 8 quarter turn counter-clockwise; others count as 1.
constexpr Turn turn_of(int orientation) {
    if (orientation < 1 || orientation > 8) return {};
    const bool bottom = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    const bool right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    return {orientation >= 5, bottom, right};
}

/// The orientation that is this one followed by a quarter turn counter-clockwise.
constexpr int then_quarter_turn(int orientation) {
    constexpr int after[] = {8, 5, 6, 7, 4, 1, 2, 3};
    return after[orientation < 1 || orientation > 8 ? 0 : orientation - 1];
}

/// Where the pixels of a stored photo belong in the upright one: offsets in bytes of its RGB.
struct Placement {
    std::ptrdiff_t first = 0, down = 0, along = 3;

    /// Of the pixel in row y and column x as stored.
    std::ptrdiff_t of(std::ptrdiff_t y, std::ptrdiff_t x) const { return first + y * down + x * along; }
};

/// Of a stored photo of this height and width.
Placement placement(int orientation, int height, int width);

/// The upright photo, given its EXIF orientation.
Image orient(Image photo, int orientation);

}  // namespace emulsion
