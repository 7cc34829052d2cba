// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// BMP, TGA and PNM; what is refused, and by what name; limits.
#include "tests/data/fixtures.h"

namespace emulsion::tests {
namespace {

Image decode(const Bytes& file, const DecodeOptions& options = {}) {
    return decode_photo(file, options, "photo");
}

Bytes text(const std::string& content) {
    Bytes bytes;
    append(bytes, content);
    return bytes;
}

TEST(Formats, KeepUncompressedPhotos) {
    const Image photo = noise_photo(13, 9, 1);
    EXPECT_EQ(decode(bmp_file(photo)), photo);
    EXPECT_EQ(decode(bmp_file(photo, true)), photo) << "rows from the top";
    EXPECT_EQ(decode(tga_file(photo)), photo);
    EXPECT_EQ(decode(tga_file(photo, true)), photo) << "run lengths";
    EXPECT_EQ(decode(pnm_file(photo)), photo);
}

TEST(Formats, EveryTruncationIsAnError) {
    const Image photo = noise_photo(40, 30, 2);
    for (const Bytes& file : {bmp_file(photo), tga_file(photo), tga_file(photo, true), pnm_file(photo),
                              png_file(40, 30, photo.rgb)}) {
        for (std::size_t percent = 7; percent < 100; percent += 7)
            error_of([&] { decode_photo(std::span(file).first(file.size() * percent / 100), {}, "half"); });
        error_of([&] { decode_photo(std::span(file).first(file.size() - 3), {}, "half"); });
    }
}

TEST(Formats, PnmScalesByItsGreatestValue) {
    Bytes grey = text("P5 3 1 100\n");
    append(grey, std::vector<std::uint8_t>{0, 50, 100});
    EXPECT_EQ(pixel(decode(grey), 1, 0), (std::vector<int>{128, 128, 128}));
    EXPECT_EQ(pixel(decode(grey), 2, 0), (std::vector<int>{255, 255, 255}));

    Bytes wide = text("P6\n1 1\n65535\n");
    append(wide, std::vector<std::uint8_t>{0x7F, 0xFF, 0x00, 0x81, 0xFF, 0xFF});
    EXPECT_EQ(pixel(decode(wide), 0, 0), (std::vector<int>{127, 1, 255}));

    for (const char* bad :
         {"P5", "P5 3", "P5 3 1", "P5 3 1 100", "P5 3 1 0\n123", "P5 3 1 70000\n123", "P5 -3 1 1\n",
          "P5 99999999999 1 1\n", "P5 0 1 255\n", "P6 # a comment without end"})
        error_of([&] { decode(text(bad)); });
}

TEST(Formats, RefusalsNameWhatItIs) {
    const auto refused = [](const std::string& content, const std::string& name) {
        const std::string message = error_of([&] { decode(text(content)); });
        EXPECT_EQ(message, "photo: " + name + ": only JPEG, PNG, WebP, BMP, TGA and PNM photos are read");
    };
    using namespace std::string_literals;
    refused("", "an empty file");
    refused("GIF89a......", "a GIF image");
    refused("II*\0\x08\0\0\0"s, "a TIFF image or a camera's raw file");
    refused("MM\0*\0\0\0\x08"s, "a TIFF image or a camera's raw file");
    refused("II*\0\x10\0\0\0CR\x02\0"s, "a Canon raw file");
    refused(
        "\0\0\0\x18"
        "ftypheic\0\0\0\0"s,
        "a HEIC image");
    refused(
        "\0\0\0\x18"
        "ftypavif\0\0\0\0"s,
        "an AVIF image");
    refused(
        "\0\0\0\x18"
        "ftypisom\0\0\0\0"s,
        "a video");
    refused("8BPS\0\1"s, "a Photoshop (PSD) image");
    refused("%PDF-1.7\n%....", "a PDF document");
    refused("<?xml version=\"1.0\"?>\n<svg xmlns=...", "an SVG drawing");
    refused("Dear reader,\nthis is no photo.\n", "text");
    refused("\x01\x02\x03\x04\x05", "not in a format that is known");
}

TEST(Formats, LimitsHoldBeforeDecoding) {
    const Image photo = noise_photo(40, 30, 3);
    for (const Bytes& file : {jpeg_file(photo), png_file(40, 30, photo.rgb), webp_lossy_file(photo, 50),
                              bmp_file(photo), tga_file(photo), pnm_file(photo)}) {
        EXPECT_EQ(decode(file, {.most_pixels = 1200, .most_side = 40}).width, 40);
        EXPECT_EQ(error_of([&] { decode(file, {.most_pixels = 1199}); }),
                  "photo: 40 x 30 pixels, more than 1199 in all");
        EXPECT_EQ(error_of([&] { decode(file, {.most_side = 39}); }),
                  "photo: 40 x 30 pixels, more than 39 a side");
        error_of([&] { decode(file, {.most_bytes = file.size() - 1}); });
    }
}

TEST(Formats, AbsurdSizesAreRefused) {
    EXPECT_EQ(
        error_of([] { decode(png_from_zlib(2'000'000'000, 2'000'000'000, Bytes(10))); }).find("photo: "), 0U);
    EXPECT_NE(
        error_of([] { decode(png_from_zlib(32'000, 4'000, Bytes(10))); }).find("more than 100000000 in all"),
        std::string::npos);
    EXPECT_EQ(error_of([] { decode(png_from_zlib(20'000, 20'000, Bytes(10))); }),
              "photo: 20000 x 20000 pixels, more than 100000000 in all");
    Bytes jpeg = jpeg_file(smooth_photo(16, 16));
    const std::byte frame[] = {std::byte{0xFF}, std::byte{0xC0}};
    const auto at = std::search(jpeg.begin(), jpeg.end(), std::begin(frame), std::end(frame));
    std::fill(at + 5, at + 9, std::byte{0xFE});
    EXPECT_NE(error_of([&] { decode(jpeg); }).find("more than 32768 a side"), std::string::npos);
    Bytes bmp = bmp_file(noise_photo(4, 4, 1));
    for (const auto& height :
         {Bytes{std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0x80}},
          Bytes{std::byte{0xFF}, std::byte{0xFF}, std::byte{0xFF}, std::byte{0x7F}}, Bytes(4)}) {
        std::copy(height.begin(), height.end(), bmp.begin() + 22);
        error_of([&] { decode(bmp); });
    }
}

TEST(Formats, ErrorsAreOneLineWhateverTheName) {
    const std::string message =
        error_of([] { decode_photo(text("nothing"), {}, "a\nname\twith\x1B breaks"); });
    EXPECT_EQ(message.find("a?name?with? breaks: text"), 0U) << message;
}

}  // namespace
}  // namespace emulsion::tests
