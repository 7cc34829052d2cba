// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// PNG: every kind of sample it stores, exactly.
#include <cmath>

#include "tests/data/fixtures.h"

namespace emulsion::tests {
namespace {

Image decode(const Bytes& file, const DecodeOptions& options = {}) {
    return decode_photo(file, options, "photo");
}

using Pixel = std::vector<int>;

TEST(Png, KeepsRgb) {
    const Image photo = noise_photo(37, 21, 1);
    EXPECT_EQ(decode(png_file(37, 21, photo.rgb)), photo);
}

TEST(Png, SpreadsGrey) {
    const std::vector<std::uint8_t> rows{0, 100, 200, 255};
    const Image image = decode(png_file(2, 2, rows, {.type = 0}));
    EXPECT_EQ(pixel(image, 1, 0), (Pixel{100, 100, 100}));
    EXPECT_EQ(pixel(image, 1, 1), (Pixel{255, 255, 255}));
}

TEST(Png, SpreadsFewBits) {
    const std::vector<std::uint8_t> rows{0b10110000, 0x0F, 0xA0};
    EXPECT_EQ(pixel(decode(png_file(3, 1, std::span(rows).first(1), {.depth = 1, .type = 0})), 2, 0),
              (Pixel{255, 255, 255}));
    EXPECT_EQ(pixel(decode(png_file(3, 1, std::span(rows).last(2), {.depth = 4, .type = 0})), 2, 0),
              (Pixel{170, 170, 170}));
}

TEST(Png, RoundsWideSamples) {
    // 16 bits to 8 is v * 255 / 65535, rounded; cutting off the low byte would give 127 for 32767.
    std::vector<std::uint8_t> rows;
    const std::vector<int> values{0, 127, 128, 129, 385, 32767, 32768, 65407, 65535};
    for (const int v : values) {
        rows.push_back(static_cast<std::uint8_t>(v >> 8));
        rows.push_back(static_cast<std::uint8_t>(v & 255));
    }
    const Image image = decode(png_file(static_cast<int>(values.size()), 1, rows, {.depth = 16, .type = 0}));
    for (std::size_t i = 0; i < values.size(); ++i)
        EXPECT_EQ(image.rgb[3 * i], std::lround(values[i] * 255.0 / 65535.0)) << values[i];
}

TEST(Png, LaysTransparencyOverWhite) {
    const auto over = [](double v, double a) {
        return static_cast<int>(std::lround((v * a + 255 * (255 - a)) / 255));
    };
    const std::vector<std::uint8_t> rows{10, 120, 250, 0, 10, 120, 250, 77, 10, 120, 250, 255};
    const Image image = decode(png_file(3, 1, rows, {.type = 6}));
    EXPECT_EQ(pixel(image, 0, 0), (Pixel{255, 255, 255}));
    EXPECT_EQ(pixel(image, 1, 0), (Pixel{over(10, 77), over(120, 77), over(250, 77)}));
    EXPECT_EQ(pixel(image, 2, 0), (Pixel{10, 120, 250}));
    const std::vector<std::uint8_t> grey{10, 77};
    EXPECT_EQ(pixel(decode(png_file(1, 1, grey, {.type = 4})), 0, 0),
              (Pixel{over(10, 77), over(10, 77), over(10, 77)}));
}

TEST(Png, LaysWideTransparencyOverWhite) {
    const std::vector<std::uint8_t> row{0x40, 0x00, 0x80, 0x00, 0xFF, 0xFF, 0x80, 0x00};
    const double alpha = 0x8000 / 65535.0;
    const auto over = [alpha](int v) {
        return static_cast<int>(std::lround(255 * (v / 65535.0 * alpha + 1 - alpha)));
    };
    const Image image = decode(png_file(1, 1, row, {.depth = 16, .type = 6}));
    EXPECT_EQ(pixel(image, 0, 0), (Pixel{over(0x4000), over(0x8000), 255}));
}

TEST(Png, ReadsInterlaced) {
    // 16-bit RGBA is what needs most memory: the limit on it must not refuse a sound file.
    for (const auto& [width, height] : {std::pair(64, 48), std::pair(3, 200), std::pair(1, 1)}) {
        const std::vector<std::uint8_t> rows = noise_photo(8 * width, height, 5).rgb;
        const auto rgba = std::span(rows).first(rows.size() / 3);
        const Bytes plain = png_file(width, height, rgba, {.depth = 16, .type = 6});
        EXPECT_EQ(decode(png_file(width, height, rgba, {.depth = 16, .type = 6, .interlaced = true})),
                  decode(plain));
    }
}

TEST(Png, FollowsPaletteAndItsTransparency) {
    PngForm form{.depth = 8, .type = 3};
    Bytes palette, alpha;
    append(palette, std::vector<std::uint8_t>{1, 2, 3, 200, 100, 50});
    append(alpha, std::vector<std::uint8_t>{255, 0});
    const std::vector<std::uint8_t> rows{0, 1};
    form.chunks = png_chunk("PLTE", palette);
    EXPECT_EQ(pixel(decode(png_file(2, 1, rows, form)), 1, 0), (Pixel{200, 100, 50}));
    const Bytes transparency = png_chunk("tRNS", alpha);
    form.chunks.insert(form.chunks.end(), transparency.begin(), transparency.end());
    const Image image = decode(png_file(2, 1, rows, form));
    EXPECT_EQ(pixel(image, 0, 0), (Pixel{1, 2, 3}));
    EXPECT_EQ(pixel(image, 1, 0), (Pixel{255, 255, 255}));
}

TEST(Png, TurnsAsExifSays) {
    const Image photo = noise_photo(5, 3, 2);
    const Bytes file = png_file(5, 3, photo.rgb, {.chunks = png_chunk("eXIf", exif(6))});
    EXPECT_EQ(decode(file).width, 3);
    EXPECT_EQ(decode(file, {.orient = false}), photo);
}

TEST(Png, RefusesABomb) {
    // 40 MB that arrive as 250 kB, for a picture of 16 pixels.
    const Bytes bomb = png_from_zlib(4, 4, zlib_bomb(160'000));
    EXPECT_EQ(error_of([&] { decode(bomb); }).find("photo: broken PNG: "), 0U);
}

TEST(Png, IgnoresAProfileThatIsABomb) {
    Bytes content;
    append(content, std::string("bomb\0\0", 6));
    const Bytes packed = zlib_bomb(160'000);
    content.insert(content.end(), packed.begin(), packed.end());
    const Image photo = noise_photo(4, 4, 3);
    EXPECT_EQ(decode(png_file(4, 4, photo.rgb, {.chunks = png_chunk("iCCP", content)})), photo);
}

TEST(Png, IgnoresShortChunks) {
    const Image photo = noise_photo(4, 4, 3);
    for (const std::string content : {"", "name", "name\1", "a name without its end"})
        EXPECT_EQ(decode(png_file(4, 4, photo.rgb,
                                  {.chunks = png_chunk("iCCP", std::as_bytes(std::span(content)))})),
                  photo);
}

}  // namespace
}  // namespace emulsion::tests
