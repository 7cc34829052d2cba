// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// JPEG in all its forms. The fixtures are smooth and stored at quality 98 without chroma subsampling:
// quantisation steps of at most 4 and the rounding of YCbCr leave less than 4 levels of error.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>

#include "tests/data/fixtures.h"

namespace emulsion::tests {
namespace {

using Colours = JpegForm::Colours;
constexpr int codec_error = 4;

Image decode(const Bytes& file, const DecodeOptions& options = {}) {
    return decode_photo(file, options, "photo");
}

TEST(Jpeg, DecodesEveryCoding) {
    const Image photo = smooth_photo(61, 45);
    for (const JpegForm& form : {JpegForm{}, JpegForm{.colours = Colours::rgb}, JpegForm{.progressive = true},
                                 JpegForm{.arithmetic = true}, JpegForm{.separate_scans = true}})
        EXPECT_LE(largest_difference(decode(jpeg_file(photo, form)), photo), codec_error);
}

TEST(Jpeg, GreyBecomesThreeEqualChannels) {
    std::vector<std::uint8_t> grey;
    Image expected{40, 30, {}};
    for (int i = 0; i < 40 * 30; ++i) {
        grey.push_back(static_cast<std::uint8_t>(40 + i / 8));
        expected.rgb.insert(expected.rgb.end(), 3, grey.back());
    }
    const Image decoded = decode(jpeg_file(40, 30, grey, {.colours = Colours::grey}));
    EXPECT_LE(largest_difference(decoded, expected), codec_error);
    for (std::size_t i = 0; i < decoded.rgb.size(); i += 3) ASSERT_EQ(decoded.rgb[i], decoded.rgb[i + 2]);
}

/// Four inks that change slowly, and R = (1 - C)(1 - K) of them.
struct Inks {
    std::vector<std::uint8_t> samples;
    Image expected{32, 24, {}};
};

Inks inks() {
    Inks made;
    for (int y = 0; y < 24; ++y)
        for (int x = 0; x < 32; ++x) {
            const int ink[] = {4 * x, 8 * y, 100 + x + y, 2 * x + y};
            for (const int value : ink) made.samples.push_back(static_cast<std::uint8_t>(value));
            for (int c = 0; c < 3; ++c)
                made.expected.rgb.push_back(
                    static_cast<std::uint8_t>(std::lround((255.0 - ink[c]) * (255.0 - ink[3]) / 255.0)));
        }
    return made;
}

TEST(Jpeg, InksWithoutProfileFollowTheFormula) {
    const Inks made = inks();
    // With Adobe's marker, what stands in the file is 255 minus the ink.
    std::vector<std::uint8_t> inverted;
    for (const std::uint8_t ink : made.samples) inverted.push_back(static_cast<std::uint8_t>(255 - ink));
    const JpegForm plain{.colours = Colours::cmyk, .adobe_marker = false};
    EXPECT_LE(largest_difference(decode(jpeg_file(32, 24, made.samples, plain)), made.expected), codec_error);
    for (const Colours colours : {Colours::cmyk, Colours::ycck})
        EXPECT_LE(
            largest_difference(decode(jpeg_file(32, 24, inverted, {.colours = colours})), made.expected),
            codec_error);
}

TEST(Jpeg, TurnsAsExifSays) {
    const Image photo = smooth_photo(48, 32);
    for (int orientation = 1; orientation <= 8; ++orientation) {
        const Bytes file = jpeg_file(photo, {.exif = exif(orientation)});
        const Image turned = decode(file);
        EXPECT_EQ(turned.width, orientation <= 4 ? 48 : 32) << orientation;
        EXPECT_EQ(decode(file, {.orient = false}).width, 48) << orientation;
    }
}

TEST(Jpeg, IgnoresCorruptExif) {
    const Image photo = smooth_photo(48, 32);
    Bytes nonsense = exif(6);
    for (std::size_t i = 4; i < nonsense.size(); ++i) nonsense[i] = std::byte{0xEE};
    Bytes cut = exif(6);
    cut.resize(11);
    for (const Bytes& broken : {nonsense, cut, exif(0), exif(9), Bytes(1)})
        EXPECT_EQ(decode(jpeg_file(photo, {.exif = broken})).width, 48);
}

TEST(Jpeg, ScaledDecodingTakesTheSmallestEighthThatCovers) {
    const Image photo = smooth_photo(800, 400);
    const Bytes file = jpeg_file(photo), turned = jpeg_file(photo, {.exif = exif(6)});
    const auto size = [](const Bytes& from, int height, int width,
                         Preprocessing::Portrait portrait = Preprocessing::Portrait::keep) {
        const Image image = decode(from, {.cover = DecodeOptions::Cover{height, width, portrait}});
        return std::pair(image.height, image.width);
    };
    EXPECT_EQ(size(file, 50, 100), std::pair(50, 100));
    EXPECT_EQ(size(file, 51, 100), std::pair(100, 200));
    EXPECT_EQ(size(file, 10, 301), std::pair(200, 400));
    EXPECT_EQ(size(file, 300, 600), std::pair(300, 600));
    EXPECT_EQ(size(file, 2000, 2000), std::pair(400, 800));
    // Upright it is 800 high and 400 wide; the portrait rule would lay it down again.
    EXPECT_EQ(size(turned, 100, 200), std::pair(400, 200));
    EXPECT_EQ(size(turned, 200, 100), std::pair(200, 100));
    EXPECT_EQ(size(turned, 100, 200, Preprocessing::Portrait::rotate), std::pair(200, 100));
}

TEST(Jpeg, ScaledDecodingShowsTheSamePicture) {
    const Image half = decode(jpeg_file(smooth_photo(128, 96)), {.cover = DecodeOptions::Cover{48, 64}});
    EXPECT_LE(largest_difference(half, smooth_photo(64, 48)), codec_error);
}

TEST(Jpeg, EveryTruncationIsAnError) {
    const Image photo = smooth_photo(120, 90);
    for (const JpegForm& form : {JpegForm{}, JpegForm{.progressive = true}, JpegForm{.arithmetic = true}}) {
        const Bytes file = jpeg_file(photo, form);
        for (std::size_t percent = 7; percent < 100; percent += 7) {
            const std::span<const std::byte> part(file.data(), file.size() * percent / 100);
            const std::string message = error_of([&] { decode_photo(part, {}, "half.jpg"); });
            EXPECT_EQ(message, "half.jpg: broken JPEG: truncated") << percent << "%";
        }
        // The last two bytes mark the end.
        error_of([&] { decode_photo(std::span(file).first(file.size() - 2), {}, "half.jpg"); });
    }
}

TEST(Jpeg, IgnoresWhatFollowsTheEnd) {
    const Image photo = smooth_photo(60, 40);
    Bytes file = jpeg_file(photo);
    append(file, "a maker's trailer");
    EXPECT_LE(largest_difference(decode(file), photo), codec_error);
}

/// The first of a file's scans, from its marker to the next one's, `times` more.
Bytes with_scans(const Bytes& file, int times) {
    const std::byte marker[] = {std::byte{0xFF}, std::byte{0xDA}};
    const auto first = std::search(file.begin(), file.end(), std::begin(marker), std::end(marker));
    const auto second = std::search(first + 2, file.end(), std::begin(marker), std::end(marker));
    Bytes longer(file.begin(), first);
    for (int i = 0; i < times; ++i) longer.insert(longer.end(), first, second);
    longer.insert(longer.end(), first, file.end());
    return longer;
}

TEST(Jpeg, RefusesEndlessScans) {
    const Bytes file = jpeg_file(smooth_photo(32, 32), {.separate_scans = true});
    EXPECT_EQ(error_of([&] { decode(with_scans(file, 600)); }), "photo: broken JPEG: too many scans");
    EXPECT_EQ(decode(with_scans(file, 400)).rgb, decode(file).rgb);
}

TEST(Jpeg, TheLargerThePhotoTheFewerScansItMayHave) {
    // 10 megapixels: 320 scans.
    constexpr int width = 4000, height = 2500;
    const Image grey{width, height, std::vector<std::uint8_t>(std::size_t{3} * width * height, 128)};
    const Bytes file = jpeg_file(grey, {.separate_scans = true});
    EXPECT_EQ(decode(with_scans(file, 29)).width, width);
    EXPECT_EQ(error_of([&] { decode(with_scans(file, 330)); }), "photo: broken JPEG: too many scans");
}

TEST(Jpeg, StopsWhenAskedAndAtItsDeadline) {
    std::stop_source source;
    source.request_stop();
    const Bytes file = jpeg_file(smooth_photo(64, 64));
    EXPECT_EQ(error_of([&] { decode(file, {.stop = source.get_token()}); }, Error::Kind::failure),
              "photo: stopped");
    for (const JpegForm& form : {JpegForm{}, JpegForm{.progressive = true}}) {
        // It is asked, or its time is over, when decoding has begun.
        std::stop_source later;
        DecodeOptions stopped{.admit = [&](std::size_t) { later.request_stop(); }};
        stopped.stop = later.get_token();
        DecodeOptions late;
        late.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(100);
        late.admit = [&](std::size_t) { std::this_thread::sleep_until(late.deadline); };
        for (const DecodeOptions& options : {stopped, late})
            EXPECT_EQ(error_of([&] { decode(jpeg_file(smooth_photo(64, 64), form), options); },
                               Error::Kind::failure),
                      "photo: stopped");
    }
}

}  // namespace
}  // namespace emulsion::tests
