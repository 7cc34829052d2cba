// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/data/fixtures.h"

namespace emulsion::tests {
namespace {

Image decode(const Bytes& file, const DecodeOptions& options = {}) {
    return decode_photo(file, options, "photo");
}

std::vector<std::uint8_t> with_alpha(const Image& photo, std::uint8_t alpha) {
    std::vector<std::uint8_t> rgba;
    for (std::size_t i = 0; i < photo.rgb.size(); ++i) {
        rgba.push_back(photo.rgb[i]);
        if (i % 3 == 2) rgba.push_back(alpha);
    }
    return rgba;
}

TEST(Webp, KeepsLosslessRgb) {
    const Image photo = noise_photo(33, 17, 1);
    EXPECT_EQ(decode(webp_file(33, 17, with_alpha(photo, 255))), photo);
}

TEST(Webp, DecodesLossy) {
    // Lossy WebP always halves the chroma: smooth colours stay within some levels.
    const Image photo = smooth_photo(160, 120);
    EXPECT_LE(largest_difference(decode(webp_lossy_file(photo, 98)), photo), 8);
}

TEST(Webp, LaysTransparencyOverWhite) {
    const Image photo = noise_photo(9, 7, 2);
    Image expected = photo;
    for (std::uint8_t& v : expected.rgb) v = static_cast<std::uint8_t>((v * 51 + 255 * 204 + 127) / 255);
    EXPECT_EQ(decode(webp_file(9, 7, with_alpha(photo, 51))), expected);
}

TEST(Webp, TurnsAsExifSays) {
    const Image photo = noise_photo(9, 7, 3);
    Bytes prefixed;  // as some programs write it
    append(prefixed, std::string("Exif\0\0", 6));
    const Bytes plain = exif(8);
    prefixed.insert(prefixed.end(), plain.begin(), plain.end());
    for (const Bytes& block : {plain, prefixed}) {
        const Bytes file = webp_file(9, 7, with_alpha(photo, 255), block);
        EXPECT_EQ(decode(file).width, 7);
        EXPECT_EQ(decode(file, {.orient = false}), photo);
    }
}

TEST(Webp, RefusesAnimation) {
    const Image photo = noise_photo(8, 8, 4);
    Bytes file = webp_file(8, 8, with_alpha(photo, 255), exif(1));
    file[20] |= std::byte{0x02};  // the flag of animation
    EXPECT_EQ(error_of([&] { decode(file); }), "photo: an animated WebP: only still photos are read");
}

TEST(Webp, EveryTruncationIsAnError) {
    const Image photo = smooth_photo(64, 48);
    for (const Bytes& file : {webp_file(64, 48, with_alpha(photo, 255)), webp_lossy_file(photo, 80)})
        for (std::size_t percent = 7; percent < 100; percent += 7)
            error_of([&] { decode_photo(std::span(file).first(file.size() * percent / 100), {}, "half"); });
}

}  // namespace
}  // namespace emulsion::tests
