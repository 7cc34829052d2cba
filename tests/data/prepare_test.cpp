// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Portrait rule, fit and orientation together.
#include "data/prepare.h"

#include "data/resize.h"
#include "tests/data/fixtures.h"

namespace emulsion::tests {
namespace {

Preprocessing contract(int height, int width, Preprocessing::Fit fit = Preprocessing::Fit::squash,
                       Preprocessing::Portrait portrait = Preprocessing::Portrait::keep) {
    Preprocessing p;
    p.fit = fit;
    p.portrait = portrait;
    p.height = p.crop_height = height;
    p.width = p.crop_width = width;
    return p;
}

constexpr auto cut = Preprocessing::Fit::short_side;
constexpr auto squash = Preprocessing::Fit::squash;
constexpr auto rotate = Preprocessing::Portrait::rotate;

/// A column or row stands for its place: red = column, green = row.
Image rulers(int width, int height) {
    Image image{width, height, {}};
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            for (const int v : {x, y, 0}) image.rgb.push_back(static_cast<std::uint8_t>(v));
    return image;
}

TEST(Prepare, SquashIgnoresProportions) {
    const Image photo = noise_photo(100, 30, 1);
    EXPECT_EQ(fit_photo(photo, contract(20, 20)), resize(photo, 20, 20, Preprocessing::Filter::bilinear));
}

TEST(Prepare, ShortSideCutsTheCentre) {
    // 100 x 40 already covers 40 x 30 in height: nothing is resized, and 35 columns go on either side.
    const Image wide = fit_photo(rulers(100, 40), contract(40, 30, cut));
    EXPECT_EQ(pixel(wide, 0, 0), (std::vector<int>{35, 0, 0}));
    EXPECT_EQ(pixel(wide, 29, 39), (std::vector<int>{64, 39, 0}));
    // Of an odd rest the smaller half goes above.
    const Image high = fit_photo(rulers(30, 45), contract(40, 30, cut));
    EXPECT_EQ(pixel(high, 0, 0), (std::vector<int>{0, 2, 0}));
    EXPECT_EQ(pixel(high, 29, 39), (std::vector<int>{29, 41, 0}));
}

TEST(Prepare, ShortSideResizesUntilItCovers) {
    // 64 x 48 to cover 20 x 20: 26.67 x 20, so 27 x 20, cut from column 3 on.
    const Image photo = noise_photo(64, 48, 2);
    const Image whole = resize(photo, 20, 27, Preprocessing::Filter::bilinear);
    const Image fitted = fit_photo(photo, contract(20, 20, cut));
    for (int x = 0; x < 20; ++x) EXPECT_EQ(pixel(fitted, x, 7), pixel(whole, x + 3, 7));
}

TEST(Prepare, ThinPhotosAreFitted) {
    for (const auto& [width, height] : {std::pair(5000, 1), std::pair(1, 5000)})
        for (const auto fit : {cut, squash}) {
            const Image fitted = fit_photo(noise_photo(width, height, 3), contract(24, 24, fit));
            EXPECT_EQ(fitted.rgb.size(), 24U * 24U * 3U);
        }
}

TEST(Prepare, PortraitsAreTurnedCounterClockwise) {
    const Image portrait = rulers(20, 30);
    const Image turned = fit_photo(portrait, contract(20, 30, squash, rotate));
    EXPECT_EQ(pixel(turned, 0, 0), (std::vector<int>{19, 0, 0}))
        << "the right upper corner comes to the left";
    EXPECT_EQ(pixel(turned, 29, 19), (std::vector<int>{0, 29, 0}));
    const Image landscape = rulers(30, 20), square = rulers(20, 20);
    EXPECT_EQ(fit_photo(landscape, contract(20, 30, squash, rotate)), landscape);
    EXPECT_EQ(fit_photo(square, contract(20, 20, squash, rotate)), square);
}

TEST(Prepare, TurningLastShowsTheSamePhoto) {
    // Rows before columns or columns before rows: floats may round differently, by one level.
    const Image stored = noise_photo(61, 83, 4);
    for (int orientation = 1; orientation <= 8; ++orientation)
        for (const auto fit : {cut, squash})
            for (const auto portrait : {Preprocessing::Portrait::keep, rotate}) {
                const Preprocessing p = contract(25, 38, fit, portrait);
                EXPECT_LE(largest_difference(fit_photo(stored, p, orientation),
                                             fit_photo(orient(stored, orientation), p)),
                          1)
                    << orientation;
            }
}

TEST(Prepare, LoadFollowsTheContract) {
    const TemporaryFolder folder;
    const Image photo = smooth_photo(320, 200);
    const std::string path = folder.write("photo.jpg", jpeg_file(photo, {.exif = exif(6)}));

    Preprocessing p = contract(50, 40);
    const Image upright_photo = load_photo(path, p);
    EXPECT_EQ(upright_photo, fit_photo(decode_file(path, {.orient = false}), p, 6));
    p.orient = false;
    EXPECT_EQ(load_photo(path, p), fit_photo(decode_file(path, {.orient = false}), p));
    p.orient = true;
    p.decoder = Preprocessing::Decoder::scaled;
    EXPECT_LE(largest_difference(load_photo(path, p), upright_photo), 4)
        << "smooth: scaled is nearly the same";
    const Image small = decode_file(path, {.cover = DecodeOptions::Cover{50, 40}});
    EXPECT_EQ(small.height, 80) << "the smallest eighth";
    EXPECT_LE(largest_difference(load_photo(path, p), fit_photo(small, p)), 1) << "turned last: one level";
}

TEST(Prepare, ScratchKeepsNoMoreThanItMay) {
    const Bytes large = pnm_file(noise_photo(100, 100, 1)), small = pnm_file(noise_photo(20, 20, 1));
    const Preprocessing p = contract(10, 10);
    std::vector<std::uint8_t> out(10 * 10 * 3);
    Scratch scratch;
    scratch.most_kept = 10'000;
    load_photo(small, "small", p, {}, scratch, out);
    EXPECT_GE(scratch.samples.capacity(), 20U * 20 * 3);
    load_photo(large, "large", p, {}, scratch, out);
    EXPECT_EQ(scratch.samples.capacity(), 0U);
}

TEST(Prepare, ScratchDoesNotShowThrough) {
    const TemporaryFolder folder;
    const std::string large = folder.write("large.jpg", jpeg_file(noise_photo(90, 80, 5)));
    const std::string small = folder.write("small.png", png_file(30, 20, noise_photo(30, 20, 6).rgb));
    Scratch scratch;
    const Preprocessing p = contract(16, 16);
    Image photo{16, 16, std::vector<std::uint8_t>(16 * 16 * 3)};
    for (const std::string& path : {large, small, large, small}) {
        load_photo(path, p, {}, scratch, photo.rgb);
        EXPECT_EQ(photo, load_photo(path, p));
    }
}

TEST(Prepare, SizesAreChecked) {
    const auto refused = [](int height, int width, int crop_height, int crop_width) {
        Preprocessing p;
        p.height = height;
        p.width = width;
        p.crop_height = crop_height;
        p.crop_width = crop_width;
        return error_of([&] { check_sizes(p); }, Error::Kind::usage);
    };
    refused(0, 10, 1, 1);
    refused(10, 100'000, 1, 1);
    refused(10, 10, 0, 1);
    EXPECT_EQ(refused(10, 20, 11, 20),
              "preprocessing: a crop of 11 x 20 does not lie within the photo's 10 x 20");
    EXPECT_NO_THROW(check_sizes(Preprocessing{}));
}

TEST(Prepare, AFileInMemoryIsTheSamePhotoAndTellsHowItLies) {
    const TemporaryFolder folder;
    Scratch scratch;
    const Bytes file =
        jpeg_file(noise_photo(40, 60, 6), {.exif = exif(6)});  // seen upright, 60 wide and 40 high
    for (const auto fit : {cut, squash}) {
        const Preprocessing p = contract(20, 20, fit, rotate);
        Image fitted{20, 20, std::vector<std::uint8_t>(20 * 20 * 3)};
        const Framing framing = load_photo(file, "photo", p, {}, scratch, fitted.rgb);
        EXPECT_EQ(fitted, load_photo(folder.write("photo.jpg", file), p));
        EXPECT_EQ(framing.height, 40);
        EXPECT_EQ(framing.width, 60);
        EXPECT_FALSE(framing.turned);
        EXPECT_EQ(framing.to.full_width, fit == cut ? 30 : 20);
        EXPECT_EQ(framing.to.left, fit == cut ? 5 : 0);
    }
    std::vector<std::uint8_t> out(20 * 30 * 3);
    const Bytes portrait = jpeg_file(noise_photo(40, 60, 6));
    const Framing turned = load_photo(portrait, "photo", contract(20, 30, squash, rotate), {}, scratch, out);
    EXPECT_TRUE(turned.turned);
    EXPECT_EQ(turned.height, 60);
    EXPECT_EQ(turned.width, 40);
}

// Row by row, a baseline JPEG takes next to nothing; the others at least what their pixels take.
TEST(Prepare, AsksForLeaveBeforeTakingMemoryForPixels) {
    const Image photo = noise_photo(50, 30, 7);
    constexpr std::size_t pixels = 50 * 30;
    const std::vector<std::uint8_t> rgba(pixels * 4, 255);
    const std::pair<Bytes, std::size_t> files[] = {
        {jpeg_file(photo), 0},
        {jpeg_file(photo, {.progressive = true}), 6 * pixels},
        {jpeg_file(photo, {.profile = srgb_profile()}), 6 * pixels},
        {png_file(50, 30, photo.rgb), 6 * pixels},
        {webp_file(50, 30, rgba), 7 * pixels},
        {bmp_file(photo), 6 * pixels},
        {tga_file(photo), 6 * pixels},
        {pnm_file(photo), 6 * pixels},
    };
    Scratch scratch;
    std::vector<std::uint8_t> out(20 * 20 * 3);
    for (const auto& [file, least] : files) {
        std::vector<std::size_t> asked;
        DecodeOptions options;
        options.admit = [&](std::size_t bytes) { asked.push_back(bytes); };
        load_photo(file, "photo", contract(20, 20), options, scratch, out);
        ASSERT_EQ(asked.size(), 1U);
        EXPECT_GE(asked[0], least);
        EXPECT_LE(asked[0], least == 0 ? 0 : 27 * pixels);
        // Who refuses is heard, by whatever it throws.
        options.admit = [](std::size_t) { throw 7; };
        EXPECT_THROW(load_photo(file, "photo", contract(20, 20), options, scratch, out), int);
    }
}

}  // namespace
}  // namespace emulsion::tests
