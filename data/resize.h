// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Separable resampling. Pixel centres lie at half-integers, edges are cut off and the rest of the
// weights renormalised, as Pillow does; one rounding, at the end.
#pragma once

#include <emulsion/preprocessing.h>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "data/image.h"
#include "data/orient.h"
#include "data/taps.h"

namespace emulsion {

/// What of a resized photo is wanted: the whole, or a window cut out of it.
struct ResizeTo {
    int full_height = 0, full_width = 0;           ///< the photo's size after resizing
    int top = 0, left = 0, height = 0, width = 0;  ///< the part that is computed
};

/// Resizes a photo while it comes in row by row, so that a large one need never be whole in memory.
///   nearest   the pixel under the centre
///   bilinear  triangle; bicubic: Keys with a = -0.5; lanczos: 3 lobes. When reducing, each is widened
///             by the factor, so that every pixel counts
///   area      the mean over exactly the area that becomes the pixel
/// Use one for many photos: it keeps its memory, and the weights while sizes stay the same.
class Resizer {
   public:
    Resizer() = default;
    Resizer(const Resizer&) = delete;
    Resizer& operator=(const Resizer&) = delete;

    /// Starts a photo of this size, which must not be empty; the window must lie inside. Pixel (y, x) of the
    /// window goes to out[placement.of(y, x)]. Throws nothing but std::bad_alloc.
    void begin(int height, int width, const ResizeTo& to, Preprocessing::Filter filter,
               const Placement& placement, std::uint8_t* out);

    /// A row must stay where it is until this many, itself among them, have been taken.
    int span() const { return down_->span; }

    /// The next row from the top: width x 3.
    void take(const std::uint8_t* row) noexcept;

   private:
    void make_row(std::size_t y) noexcept;
    void finish_band(std::size_t top, int rows) noexcept;

    RecentTaps recent_down_, recent_along_;
    const Taps *down_ = nullptr, *along_ = nullptr;
    Placement placement_;
    std::uint8_t* out_ = nullptr;
    int taken_ = 0;
    std::size_t place_ = 0;  ///< of the next row in rows_
    std::size_t made_ = 0;   ///< output rows
    std::vector<const std::uint8_t*>
        rows_;                 ///< the latest `span`, twice over: every run of them is in one piece
    std::size_t samples_ = 0;  ///< of a row's part that is used
    std::vector<float> lines_, turned_;
};

/// The whole photo at once. A photo that has the size already comes back as it is.
Image resize(const Image& photo, const ResizeTo& to, Preprocessing::Filter filter);
Image resize(const Image& photo, int height, int width, Preprocessing::Filter filter);

}  // namespace emulsion
