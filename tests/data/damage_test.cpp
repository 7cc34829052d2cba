// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Five hundred damaged copies of a file of every format: each decodes, or fails with one line.
#include <random>

#include "tests/data/fixtures.h"

namespace emulsion::tests {
namespace {

void survives_damage(const Bytes& file, const std::string& format) {
    std::mt19937 random(20260101);
    const auto below = [&random](std::size_t limit) {
        return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
    };
    int decoded = 0;
    for (int round = 0; round < 500; ++round) {
        Bytes damaged = file;
        for (std::size_t flips = 1 + below(4); flips > 0; --flips)
            damaged[below(damaged.size())] ^= static_cast<std::byte>(1U << below(8));
        try {
            const Image image = decode_photo(damaged, {.most_pixels = 1'000'000}, "damaged");
            EXPECT_EQ(image.rgb.size(), static_cast<std::size_t>(image.width * image.height) * 3);
            ++decoded;
        } catch (const Error& error) {
            const std::string message = error.what();
            EXPECT_EQ(error.kind(), Error::Kind::data) << message;
            EXPECT_EQ(message.find("damaged: "), 0U) << message;
            EXPECT_EQ(message.find('\n'), message.npos) << message;
        }
    }
    testing::Test::RecordProperty("decoded_" + format, decoded);
}

const Image photo = smooth_photo(48, 36);

TEST(Damage, Jpeg) {
    survives_damage(jpeg_file(photo, {.exif = exif(6), .profile = swapped_profile()}), "jpeg");
}
TEST(Damage, ProgressiveJpeg) {
    survives_damage(jpeg_file(photo, {.progressive = true}), "progressive");
}
TEST(Damage, ArithmeticJpeg) {
    survives_damage(jpeg_file(photo, {.arithmetic = true}), "arithmetic");
}
TEST(Damage, Inks) {
    const std::vector<std::uint8_t> inks(48 * 36 * 4, 100);
    survives_damage(
        jpeg_file(48, 36, inks, {.colours = JpegForm::Colours::ycck, .profile = black_ink_profile()}),
        "ycck");
}
TEST(Damage, Png) {
    Bytes chunks = iccp_chunk(swapped_profile());
    const Bytes turned = png_chunk("eXIf", exif(6));
    chunks.insert(chunks.end(), turned.begin(), turned.end());
    survives_damage(png_file(48, 36, photo.rgb, {.chunks = chunks}), "png");
}
TEST(Damage, WidePng) {
    survives_damage(png_file(24, 36, photo.rgb, {.depth = 16, .type = 2}), "wide_png");
}
TEST(Damage, Webp) {
    const std::vector<std::uint8_t> rgba(48 * 36 * 4, 90);
    survives_damage(webp_file(48, 36, rgba, exif(6), swapped_profile()), "lossless_webp");
    survives_damage(webp_lossy_file(photo, 80), "lossy_webp");
}
TEST(Damage, Bmp) {
    survives_damage(bmp_file(photo), "bmp");
}
TEST(Damage, Tga) {
    survives_damage(tga_file(photo), "tga");
    survives_damage(tga_file(photo, true), "packed_tga");
}
TEST(Damage, Pnm) {
    survives_damage(pnm_file(photo), "pnm");
}

}  // namespace
}  // namespace emulsion::tests
