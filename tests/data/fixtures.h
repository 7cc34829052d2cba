// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Photos and files made in code, so that the repository holds no binary fixtures.
#pragma once

#include <gtest/gtest.h>

#include <emulsion/error.h>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "data/decode.h"
#include "data/image.h"
#include "tests/temporary_folder.h"

namespace emulsion::tests {

using Bytes = std::vector<std::byte>;

/// A smooth picture with nothing symmetric in it: codecs keep it nearly exact, and every turn shows.
Image smooth_photo(int width, int height);
/// Random noise: what resampling is tried on.
Image noise_photo(int width, int height, std::uint32_t seed);

/// The largest difference of any sample; 256 if the sizes differ.
int largest_difference(const Image& a, const Image& b);

/// What a photo of constant colour decodes to at (x, y).
std::vector<int> pixel(const Image& image, int x, int y);

/// The message of the Error(kind) that `act` throws; a test failure if it throws none, another kind, or
/// a message that is not one line.
std::string error_of(const std::function<void()>& act, Error::Kind kind = Error::Kind::data);

/// A folder to write files into.
class TemporaryFolder : public test::TemporaryFolder {
   public:
    using test::TemporaryFolder::path;
    std::string path(const std::string& name) const { return *this / name; }
    std::string write(const std::string& name, std::span<const std::byte> bytes) const;
    std::string write(const std::string& name, const std::string& text) const;
};

/// The folder of shared photos: EMULSION_DATA, else ../shared/data beside the source; "" if absent.
std::string shared_data();

// Appending to files byte by byte.
void append(Bytes& to, const std::string& text);
void append(Bytes& to, std::span<const std::uint8_t> bytes);
void append_big_endian(Bytes& to, std::uint32_t value, int bytes);
void append_little_endian(Bytes& to, std::uint32_t value, int bytes);

/// A TIFF structure with the orientation as its only entry, as EXIF keeps it.
Bytes exif(int orientation);

// --- JPEG, by libjpeg ------------------------------------------------------------------------------

struct JpegForm {
    enum class Colours { ycc, rgb, grey, cmyk, ycck };
    Colours colours = Colours::ycc;
    bool progressive = false, arithmetic = false, separate_scans = false, adobe_marker = true;
    int quality = 98;
    Bytes exif{}, profile{};  ///< content of the markers, without their heads; none if empty
};
/// `samples` is height x width x channels: 3, for grey 1, for inks 4 (as they shall stand in the file).
Bytes jpeg_file(int width, int height, std::span<const std::uint8_t> samples, const JpegForm& form = {});
Bytes jpeg_file(const Image& photo, const JpegForm& form = {});

// --- PNG, by hand, with stored blocks --------------------------------------------------------------

struct PngForm {
    int depth = 8, type = 2;  ///< type: 0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGBA
    Bytes chunks{};           ///< whole chunks to stand before the picture
    bool interlaced = false;  ///< for pixels of whole bytes
};
/// `rows` are the packed scanlines without filter bytes; wide samples are big-endian.
Bytes png_file(int width, int height, std::span<const std::uint8_t> rows, const PngForm& form = {});
Bytes png_from_zlib(int width, int height, std::span<const std::byte> packed, const PngForm& form = {});
Bytes png_chunk(const std::string& type, std::span<const std::byte> content);
Bytes zlib_stored(std::span<const std::byte> bytes);
/// A zlib stream of 258 * runs zeros: a thousandth of their size.
Bytes zlib_bomb(int runs);
Bytes iccp_chunk(std::span<const std::byte> profile);

// --- The others, by hand; WebP by libwebp ----------------------------------------------------------

Bytes bmp_file(const Image& photo, bool top_down = false);
Bytes tga_file(const Image& photo, bool packed = false);
Bytes pnm_file(const Image& photo);
/// Lossless. `rgba` is height x width x 4.
Bytes webp_file(int width, int height, std::span<const std::uint8_t> rgba,
                std::span<const std::byte> exif = {}, std::span<const std::byte> profile = {});
Bytes webp_lossy_file(const Image& photo, float quality);

// --- ICC profiles, by Little CMS -------------------------------------------------------------------

Bytes srgb_profile();
/// sRGB but for its red and blue, which have changed places.
Bytes swapped_profile();
/// Grey whose values are proportional to light.
Bytes linear_grey_profile();
/// Four inks, of which only black counts: L* = 100 * (1 - K).
Bytes black_ink_profile();
/// RGB without colours: L* = 100 * (R + G + B) / 3. No matrix can say that.
Bytes mean_profile();

}  // namespace emulsion::tests
