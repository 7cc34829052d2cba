// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A photo to the pixels that a model's contract asks for; cropping and means come later, on the device.
#pragma once

#include <emulsion/preprocessing.h>
#include <cstdint>
#include <string>
#include <vector>

#include "data/decode.h"
#include "data/image.h"
#include "data/orient.h"

namespace emulsion {

/// Throws Error(usage) unless the sizes are positive and the crop lies within height x width.
void check_sizes(const Preprocessing& preprocessing);

/// Orientation, portrait rule, fit and filter: the result is height x width.
///   rotate      a photo that is taller than wide once upright is turned a quarter counter-clockwise
///   short_side  the longer side becomes round(long * target / short), and the cut starts at half of
///               what is over, rounded down
/// Turning comes last, when there is little left to turn; it does not change what is seen.
Image fit_photo(const Image& photo, const Preprocessing& preprocessing, int orientation = upright);

/// Memory that one thread uses for photo after photo.
struct Scratch {
    std::vector<std::uint8_t> samples;
};

/// Decodes, orients and fits a file. `options` gives limits, log and stop; what the contract says of
/// orientation and scaled decoding comes from `preprocessing`. Throws as decode_file does.
Image load_photo(const std::string& path, const Preprocessing& preprocessing, const DecodeOptions& options,
                 Scratch& scratch);
Image load_photo(const std::string& path, const Preprocessing& preprocessing,
                 const DecodeOptions& options = {});

}  // namespace emulsion
