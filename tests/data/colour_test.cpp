// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// ICC profiles. The oracle is the colour science itself, in closed form.
#include <algorithm>
#include <cmath>

#include "tests/data/fixtures.h"

namespace emulsion::tests {
namespace {

/// Little CMS computes 8-bit matrix profiles with 15-bit fixed point and tables: two levels.
constexpr int colour_error = 2;

double encode_srgb(double light) {
    return 255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * std::pow(light, 1 / 2.4) - 0.055);
}

/// CIE L* in a profile of version 4, perceptual intent, to light on the screen. What such a profile calls
/// black is the ink of ICC's reference print, which reflects 0.34731% (ICC.1:2022, annex D); it becomes
/// the screen's black, and white stays white.
double light_of(double lightness) {
    constexpr double black = 0.0034731;
    const double f = (lightness + 16) / 116, light = lightness > 8 ? f * f * f : lightness / 903.3;
    return std::max(0.0, (light - black) / (1 - black));
}

Image decode(const Bytes& file, const DecodeOptions& options = {}) {
    return decode_photo(file, options, "photo");
}

Bytes png_with(const Image& photo, const Bytes& profile) {
    return png_file(photo.width, photo.height, photo.rgb, {.chunks = iccp_chunk(profile)});
}

Image red_and_blue_swapped(Image photo) {
    for (std::size_t i = 0; i < photo.rgb.size(); i += 3) std::swap(photo.rgb[i], photo.rgb[i + 2]);
    return photo;
}

TEST(Colour, SrgbIsLeftAlone) {
    const Image photo = noise_photo(20, 20, 1);
    EXPECT_EQ(decode(png_with(photo, srgb_profile())), photo);
}

TEST(Colour, SwappedPrimariesAreSwappedBack) {
    const Image photo = noise_photo(20, 20, 2), expected = red_and_blue_swapped(photo);
    EXPECT_LE(largest_difference(decode(png_with(photo, swapped_profile())), expected), colour_error);
    std::vector<std::uint8_t> rgba;
    for (std::size_t i = 0; i < photo.rgb.size(); ++i) {
        rgba.push_back(photo.rgb[i]);
        if (i % 3 == 2) rgba.push_back(255);
    }
    EXPECT_LE(largest_difference(decode(webp_file(20, 20, rgba, {}, swapped_profile())), expected),
              colour_error);
    EXPECT_LE(
        largest_difference(
            decode(png_file(20, 20, rgba, {.type = 6, .chunks = iccp_chunk(swapped_profile())})), expected),
        colour_error);
}

TEST(Colour, WideSamplesAreConverted) {
    const Image photo = noise_photo(20, 20, 5);
    std::vector<std::uint8_t> rows;
    for (const std::uint8_t v : photo.rgb) rows.insert(rows.end(), 2, v);  // v * 257
    const Bytes file = png_file(20, 20, rows, {.depth = 16, .chunks = iccp_chunk(swapped_profile())});
    EXPECT_LE(largest_difference(decode(file), red_and_blue_swapped(photo)), colour_error);
}

TEST(Colour, JpegProfileIsUsed) {
    const Image photo = smooth_photo(64, 48);
    const Image decoded = decode(jpeg_file(photo, {.profile = swapped_profile()}));
    EXPECT_LE(largest_difference(decoded, red_and_blue_swapped(photo)), colour_error + 4);
}

TEST(Colour, TransparencySurvivesTheConversion) {
    // Converted first, laid over white after.
    const std::vector<std::uint8_t> rgba{200, 100, 50, 128};
    const Bytes file = png_file(1, 1, rgba, {.type = 6, .chunks = iccp_chunk(swapped_profile())});
    const Image image = decode(file);
    const auto over_white = [](int v) {
        return static_cast<int>(std::lround((v * 128 + 255 * 127) / 255.0));
    };
    EXPECT_NEAR(image.rgb[0], over_white(50), colour_error);
    EXPECT_NEAR(image.rgb[2], over_white(200), colour_error);
}

TEST(Colour, LinearGreyIsEncoded) {
    for (const int depth : {8, 16}) {
        std::vector<std::uint8_t> row;
        for (int v = 0; v < 256; ++v) row.insert(row.end(), depth == 8 ? 1 : 2, static_cast<std::uint8_t>(v));
        const PngForm form{.depth = depth, .type = 0, .chunks = iccp_chunk(linear_grey_profile())};
        const Image image = decode(png_file(256, 1, row, form));
        for (std::size_t v = 0; v < 256; ++v)
            for (std::size_t c = 0; c < 3; ++c)
                EXPECT_NEAR(image.rgb[3 * v + c], encode_srgb(static_cast<double>(v) / 255), colour_error)
                    << depth << " bits, " << v;
    }
}

TEST(Colour, ProfilesWithoutMatrixAreConverted) {
    // Large photos go through a conversion that Little CMS has optimised: a cube of 33 points a side. This
    // profile's steep darks are not straight between them, so there only the mean is bounded.
    for (const int side : {20, 700}) {
        const Image photo = noise_photo(side, side, 6), decoded = decode(png_with(photo, mean_profile()));
        double largest = 0, sum = 0;
        for (std::size_t i = 0; i < photo.rgb.size(); i += 3) {
            const double lightness = 100 * (photo.rgb[i] + photo.rgb[i + 1] + photo.rgb[i + 2]) / 765.0;
            for (std::size_t c = 0; c < 3; ++c) {
                const double error = std::abs(decoded.rgb[i + c] - encode_srgb(light_of(lightness)));
                largest = std::max(largest, error);
                sum += error;
            }
        }
        if (side < 100) {
            EXPECT_LE(largest, colour_error);
        }
        EXPECT_LE(sum / static_cast<double>(photo.rgb.size()), 0.5) << "rounding alone gives a quarter";
    }
}

TEST(Colour, InksGoThroughTheirProfile) {
    // In this profile only black counts: L* = 100 (1 - K). The formula would make it blue.
    for (const int black : {0, 60, 130, 200}) {
        std::vector<std::uint8_t> stored;  // inverted, as Adobe's marker says
        for (int i = 0; i < 16 * 16; ++i)
            for (const int ink : {255, 255, 0, black}) stored.push_back(static_cast<std::uint8_t>(255 - ink));
        const JpegForm form{
            .colours = JpegForm::Colours::cmyk, .quality = 100, .profile = black_ink_profile()};
        const Image image = decode(jpeg_file(16, 16, stored, form));
        for (std::size_t c = 0; c < 3; ++c)
            EXPECT_NEAR(image.rgb[c], encode_srgb(light_of(100 * (1 - black / 255.0))), colour_error + 1)
                << "black " << black;
    }
}

TEST(Colour, BrokenProfilesAreIgnoredWithAWord) {
    const Image photo = noise_photo(8, 8, 3);
    std::string logged;
    const DecodeOptions options{.log = [&](LogLevel, const std::string& line) { logged = line; }};
    Bytes damaged = swapped_profile();
    std::fill(damaged.begin() + 40, damaged.begin() + 200, std::byte{0xAA});
    for (const Bytes& profile : {Bytes(200), damaged, linear_grey_profile()}) {
        logged.clear();
        EXPECT_EQ(decode(png_with(photo, profile), options), photo);
        EXPECT_EQ(logged.find("photo: colour profile ignored: "), 0U) << logged;
        EXPECT_EQ(logged.find('\n'), logged.npos);
    }
}

TEST(Colour, DamagedProfilesDoNoHarm) {
    const Image photo = noise_photo(8, 8, 4);
    const Bytes profile = swapped_profile();
    for (std::size_t i = 0; i < profile.size(); i += 3) {
        Bytes damaged = profile;
        damaged[i] ^= std::byte{0xFF};
        EXPECT_EQ(decode(png_with(photo, damaged)).width, 8);
    }
}

}  // namespace
}  // namespace emulsion::tests
