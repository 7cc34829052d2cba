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
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
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

    /// Told once the header is read how many bytes decoding will take at most for pixels, before it takes
    /// them; may wait for other photos to be done, or throw.
    std::function<void(std::size_t bytes)> admit{};

    // Either ends a long decoding early, with Error(failure).
    std::stop_token stop{};
    using Clock = std::chrono::steady_clock;
    static constexpr Clock::time_point never = Clock::time_point::max();
    Clock::time_point deadline = never;

    Log log{};  ///< told of colour profiles that were ignored

    /// Asked for every few rows, where the clock of a virtual machine would cost a loader some percent.
    bool is_over() const { return stop.stop_requested() || (deadline != never && deadline <= Clock::now()); }
};

/// What a photo's rows go to, as they are stored: they are still to be turned as EXIF says (see orient.h).
class RowTaker {
   public:
    virtual ~RowTaker() = default;
    /// Comes first. `orientation` is 1 where options.orient is false. Answers how many of the latest rows
    /// must stay where they are, one at least.
    virtual int begin(int height, int width, int orientation) = 0;
    /// Each row from the top: width x 3, RGB.
    virtual void take(const std::uint8_t* row) noexcept = 0;
};

/// `name` stands in errors. Throws Error(data), "name: what is wrong", for what is broken, truncated,
/// over a limit, or in another format.
Image decode_photo(std::span<const std::byte> bytes, const DecodeOptions& options, const std::string& name);

/// The same, row by row: of most JPEGs no more than the taker asks for is ever in memory, which may be an
/// earlier photo's. Where it throws, some rows may have been taken.
void decode_rows(std::span<const std::byte> bytes, const DecodeOptions& options, const std::string& name,
                 RowTaker& taker, std::vector<std::uint8_t>& memory);

/// decode_photo of a file, with read_file's errors.
Image decode_file(const std::string& path, const DecodeOptions& options = {});

}  // namespace emulsion
