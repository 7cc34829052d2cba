// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Inside data/: what every codec is given and what it hands over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/decode.h"

namespace emulsion {

/// One file to decode, and how to complain about it.
struct Source {
    std::span<const std::uint8_t> bytes;
    const DecodeOptions& options;
    const std::string& name;

    /// Throws Error(data), "name: what", in one line whatever the two contain.
    [[noreturn]] void refuse(const std::string& what) const;
    /// Refuses sizes that are not positive or over the limits.
    void check_size(std::int64_t width, std::int64_t height) const;
    /// Asks the caller for leave to take memory (DecodeOptions::admit).
    void admit(std::int64_t width, std::int64_t height, std::size_t bytes_a_pixel) const;
    /// Throws Error(failure) once the caller has asked to stop, or its deadline has come.
    void check_stop() const;
};

/// Samples as stored in the file: before colour conversion, transparency and orientation.
struct Raster {
    enum class Space { grey, rgb, cmyk };

    int width = 0, height = 0;
    Space space = Space::rgb;
    bool alpha = false;                 ///< one more channel, not premultiplied
    bool wide = false;                  ///< 16 bits a sample, of this machine's byte order; else 8
    std::vector<std::uint8_t> samples;  ///< interleaved, rows from the top, no padding; 255 = full ink
    std::vector<std::uint8_t> profile;  ///< ICC, if the file has one
    int orientation = 1;                ///< as EXIF counts

    int channels() const {
        const int colours = space == Space::grey ? 1 : space == Space::rgb ? 3 : 4;
        return colours + (alpha ? 1 : 0);
    }
    std::size_t pixels() const { return static_cast<std::size_t>(width) * static_cast<std::size_t>(height); }
    std::size_t sample_bytes() const {
        return pixels() * static_cast<std::size_t>(channels()) * (wide ? 2 : 1);
    }
};

// Each fills a raster that is fresh but for the memory of `samples`, which may be an earlier photo's.
void decode_png(const Source& source, Raster& raster);
void decode_webp(const Source& source, Raster& raster);
void decode_pnm(const Source& source, Raster& raster);

/// With a taker, a photo of YCbCr or RGB without a profile goes to it instead, through the memory of
/// `samples`; answers whether it did.
bool decode_jpeg(const Source& source, Raster& raster, RowTaker* taker);

/// The pixels of a PNG, BMP or TGA; neither profile nor orientation.
void decode_with_stb(const Source& source, Raster& raster);

/// A zlib stream unpacked; empty if it is broken or would grow past `most_bytes`.
std::vector<std::uint8_t> inflate(std::span<const std::uint8_t> packed, std::size_t most_bytes);

/// Converts the samples through raster.profile to sRGB (space becomes rgb, transparency stays).
/// Answers why it did not, "" if it did; the raster is then as it was.
std::string convert_to_srgb(Raster& raster);

}  // namespace emulsion
