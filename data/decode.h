// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Any photo to an upright sRGB image: JPEG, PNG, WebP, BMP, TGA, PNM (P5 and P6), told apart by content.
//
// Colour: an embedded ICC profile is converted to sRGB with perceptual intent, which for the matrix
// profiles of cameras and screens is the same as relative colorimetric. Without one, samples are taken
// as sRGB, and CMYK by the formula R = (1 - C)(1 - K). Transparency is laid over white.
// Every function here may be called from any number of threads at once.
#pragma once

#include <emulsion/log.h>
#include <emulsion/preprocessing.h>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "data/image.h"

namespace emulsion {

struct DecodeOptions {
    /// The size that a scaled decoding must still cover, after the portrait rule.
    struct Cover {
        int height = 0, width = 0;
        Preprocessing::Portrait portrait = Preprocessing::Portrait::keep;
    };

    bool orient = true;            ///< turn the photo as its EXIF says; a corrupt EXIF counts as none
    std::optional<Cover> cover{};  ///< decode a JPEG at the smallest eighth of its size that covers this

    // Limits, read from the header before memory is taken.
    std::int64_t most_pixels = 100'000'000;
    int most_side = 32'768;
    std::size_t most_bytes = std::size_t{512} << 20;  ///< of the file

    std::stop_token stop{};  ///< ends a long decoding early, with Error(failure)
    Log log{};               ///< told of colour profiles that were ignored
};

/// A photo as it lies in its file, and how it must be turned to be seen upright.
struct StoredPhoto {
    Image image;
    int orientation = 1;  ///< as EXIF counts, see orient.h; 1 where options.orient is false
};

/// `name` stands in errors. Throws Error(data), "name: what is wrong", for what is broken, truncated,
/// over a limit, or in another format.
Image decode_photo(std::span<const std::byte> bytes, const DecodeOptions& options, const std::string& name);

/// The same before it is turned. `memory` may be an earlier photo's: the fresh pages of a large one cost
/// as much time as half of its decoding.
StoredPhoto decode_stored(std::span<const std::byte> bytes, const DecodeOptions& options,
                          const std::string& name, std::vector<std::uint8_t> memory = {});

/// decode_photo of a file, with read_file's errors.
Image decode_file(const std::string& path, const DecodeOptions& options = {});

}  // namespace emulsion
