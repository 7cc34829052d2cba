// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A photo to the pixels that a model's contract asks for; cropping and means come later, on the device.
#pragma once

#include <emulsion/preprocessing.h>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/decode.h"
#include "data/image.h"
#include "data/list.h"
#include "data/orient.h"
#include "data/resize.h"

namespace emulsion {

/// Throws Error(usage) unless the sizes are positive and the crop lies within height x width.
void check_sizes(const Preprocessing& preprocessing);

/// Orientation, portrait rule, fit and filter: the result is height x width.
///   rotate      a photo that is taller than wide once upright is turned a quarter counter-clockwise
///   short_side  the longer side becomes round(long * target / short), and the cut starts at half of
///               what is over, rounded down
/// Turning comes last, when there is little left to turn; it does not change what is seen.
Image fit_photo(const Image& photo, const Preprocessing& preprocessing, int orientation = upright);

/// How a photo came to lie in its fitted pixels.
struct Framing {
    int height = 0, width = 0;  ///< upright, in the size that it was decoded to
    bool turned = false;        ///< then a quarter counter-clockwise, by the portrait rule
    ResizeTo to;                ///< and then resized, and this part of it kept
};

/// What one thread uses for photo after photo: memory, and weights of the last sizes.
struct Scratch {
    std::vector<std::byte> file;
    std::vector<std::uint8_t> samples;
    Resizer resizer;
    /// More of either than this goes back after a photo: one panorama should not hold its memory for ever.
    std::size_t most_kept = std::size_t{128} << 20;
};

/// Decodes, orients and fits a file into `out`, height x width x 3. `options` gives limits, log, stop and
/// deadline; what the contract says of orientation and scaled decoding comes from `preprocessing`. Throws as
/// decode_file does; what stands in `out` is then undefined.
void load_photo(const std::string& path, const Preprocessing& preprocessing, const DecodeOptions& options,
                Scratch& scratch, std::span<std::uint8_t> out);
Image load_photo(const std::string& path, const Preprocessing& preprocessing,
                 const DecodeOptions& options = {});
/// The same of a file in memory; `name` stands in errors.
Framing load_photo(std::span<const std::byte> file, const std::string& name,
                   const Preprocessing& preprocessing, const DecodeOptions& options, Scratch& scratch,
                   std::span<std::uint8_t> out);
/// The same, wherever the sample lies: a file, or a record of a database.
void load_photo(const Sample& sample, const Preprocessing& preprocessing, const DecodeOptions& options,
                Scratch& scratch, std::span<std::uint8_t> out);

}  // namespace emulsion
