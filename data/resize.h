// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Separable resampling. Pixel centres lie at half-integers, edges are cut off and the rest of the
// weights renormalised, as Pillow does; one rounding, at the end.
#pragma once

#include <emulsion/preprocessing.h>

#include "data/image.h"

namespace emulsion {

/// What of a resized photo is wanted: the whole, or a window cut out of it.
struct ResizeTo {
    int full_height = 0, full_width = 0;           ///< the photo's size after resizing
    int top = 0, left = 0, height = 0, width = 0;  ///< the part that is computed
};

/// Throws nothing but std::bad_alloc. The photo must not be empty, the window must lie inside. A photo
/// that has the size already comes back as it is.
///   nearest   the pixel under the centre
///   bilinear  triangle; bicubic: Keys with a = -0.5; lanczos: 3 lobes. When reducing, each is widened
///             by the factor, so that every pixel counts
///   area      the mean over exactly the area that becomes the pixel
Image resize(const Image& photo, const ResizeTo& to, Preprocessing::Filter filter);
Image resize(const Image& photo, int height, int width, Preprocessing::Filter filter);

}  // namespace emulsion
