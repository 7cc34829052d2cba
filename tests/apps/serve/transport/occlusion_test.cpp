// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/serve/occlusion.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "apps/serve/protocol.h"
#include "data/image.h"

namespace emulsion::serve {
namespace {

Preprocessing contract(int height, int width) {
    Preprocessing p;
    p.height = p.crop_height = height;
    p.width = p.crop_width = width;
    p.filter = Preprocessing::Filter::area;
    return p;
}

/// A black photo with one part of the grid white, fitted by the contract: what the net gets to see of it.
struct Seen {
    Image fitted;
    Framing framing;
};
Seen see(int height, int width, const Grid& grid, int row, int column, const Preprocessing& p) {
    Image photo{
        width, height,
        std::vector<std::uint8_t>(static_cast<std::size_t>(height) * static_cast<std::size_t>(width) * 3)};
    for (int y = row * height / grid.rows; y < (row + 1) * height / grid.rows; ++y)
        for (int x = column * width / grid.columns; x < (column + 1) * width / grid.columns; ++x)
            std::fill_n(photo.rgb.begin() + 3 * (static_cast<std::ptrdiff_t>(y) * width + x), 3,
                        std::uint8_t{255});
    Seen seen{{p.width, p.height, {}}, {}};
    seen.fitted.rgb.resize(static_cast<std::size_t>(p.height) * seen.fitted.row_bytes());
    Scratch scratch;
    const std::string head = "P6 " + std::to_string(width) + " " + std::to_string(height) + " 255\n";
    std::vector<std::byte> file(head.size() + photo.rgb.size());
    std::ranges::copy(std::as_bytes(std::span(photo.rgb)),
                      std::ranges::copy(std::as_bytes(std::span(head)), file.begin()).out);
    seen.framing = load_photo(file, "photo", p, {}, scratch, seen.fitted.rgb);
    return seen;
}

/// The white rectangle of a picture, found by looking.
Patch white_in(const Image& image) {
    Patch found{image.height, image.width, 0, 0};
    for (int y = 0; y < image.height; ++y)
        for (int x = 0; x < image.width; ++x) {
            if (image.rgb[3 * static_cast<std::size_t>(y * image.width + x)] < 128) continue;
            found = {std::min(found.top, y), std::min(found.left, x), std::max(found.bottom, y + 1),
                     std::max(found.right, x + 1)};
        }
    return found;
}

// The oracle is the decoder itself: a part that is white in the photo is white where its patch lies.
void expect_patches_where_the_parts_are(int height, int width, const Preprocessing& p) {
    const Grid grid = grid_of({height, width, false, {}}, 8, 6);
    for (int row = 0; row < grid.rows; ++row)
        for (int column = 0; column < grid.columns; ++column) {
            const Seen seen = see(height, width, grid, row, column, p);
            const Patch patch = patch_of(seen.framing, grid, row, column), white = white_in(seen.fitted);
            if (patch.empty() || white.empty()) {
                // A sliver that is cut off all but a pixel may be seen by one and not by the other.
                EXPECT_LE((patch.bottom - patch.top) * (patch.right - patch.left),
                          std::max(p.height, p.width))
                    << row << " " << column;
                EXPECT_TRUE(white.empty() || patch.empty());
                continue;
            }
            for (const auto& [a, b] :
                 {std::pair{patch.top, white.top}, std::pair{patch.left, white.left},
                  std::pair{patch.bottom, white.bottom}, std::pair{patch.right, white.right}})
                EXPECT_NEAR(a, b, 1) << "part " << row << ", " << column;
        }
}

TEST(OcclusionTest, PatchesLieWhereTheirPartsAre) {
    expect_patches_where_the_parts_are(240, 320, contract(96, 144));
    expect_patches_where_the_parts_are(320, 240, contract(96, 144));
}

TEST(OcclusionTest, AlsoInPortraitPhotosThatTheContractTurns) {
    Preprocessing p = contract(96, 144);
    p.portrait = Preprocessing::Portrait::rotate;
    expect_patches_where_the_parts_are(320, 240, p);
    expect_patches_where_the_parts_are(240, 320, p);
}

TEST(OcclusionTest, AndInPhotosThatItCuts) {
    Preprocessing p = contract(96, 96);
    p.fit = Preprocessing::Fit::short_side;
    expect_patches_where_the_parts_are(200, 400, p);
    expect_patches_where_the_parts_are(400, 200, p);
    p.portrait = Preprocessing::Portrait::rotate;
    expect_patches_where_the_parts_are(400, 200, p);
}

TEST(OcclusionTest, PatchesOfASquashedPhotoCoverItOnceAndWhole) {
    const Grid grid{6, 8};
    const Framing framing{300, 400, false, {97, 143, 0, 0, 97, 143}};
    std::vector<int> covered(97 * 143);
    for (int row = 0; row < grid.rows; ++row)
        for (int column = 0; column < grid.columns; ++column) {
            const Patch patch = patch_of(framing, grid, row, column);
            for (int y = patch.top; y < patch.bottom; ++y)
                for (int x = patch.left; x < patch.right; ++x)
                    ++covered[static_cast<std::size_t>(y) * 143 + static_cast<std::size_t>(x)];
        }
    EXPECT_EQ(std::ranges::count(covered, 1), 97 * 143);
}

TEST(OcclusionTest, TheMeanColourIsTheContractsInRgb) {
    Preprocessing p;
    p.mean = {104, 117, 296};  // B, G, R, of which no pixel reaches the last
    EXPECT_EQ(mean_colour(p), (std::array<std::uint8_t, 3>{255, 117, 104}));
    p.bgr = false;
    EXPECT_EQ(mean_colour(p), (std::array<std::uint8_t, 3>{104, 117, 255}));
    p.mean_image = {1, 3, 10, 12, 21, 23};
    EXPECT_EQ(mean_colour(p), (std::array<std::uint8_t, 3>{2, 11, 22}));
}

TEST(OcclusionTest, RunsTheWholeAndEachPartInPieces) {
    const Preprocessing p = contract(6, 8);
    const Framing framing{6, 8, false, {6, 8, 0, 0, 6, 8}};
    std::vector<std::uint8_t> photo(6 * 8 * 3, 200);
    Occlusion occlusion(photo, framing, p, {6, 8});
    std::vector<std::uint8_t> pictures(5 * photo.size());
    int run = 0;
    while (!occlusion.complete()) {
        const int count = occlusion.next(5, pictures);
        ASSERT_GT(count, 0);
        std::vector<float> outputs;
        for (int i = 0; i < count; ++i, ++run) {
            const auto* const begin = pictures.data() + static_cast<std::size_t>(i) * photo.size();
            const auto changed =
                std::count_if(begin, begin + photo.size(), [](std::uint8_t each) { return each != 200; });
            EXPECT_EQ(changed, run == 0 ? 0 : 3);
            if (run > 0) {
                EXPECT_EQ(begin[3 * (run - 1)], 0);
            }  // the mean is black here
            const float probability = 0.9F - 0.01F * static_cast<float>(run);
            outputs.insert(outputs.end(), {1 - probability, probability});
        }
        occlusion.take(outputs);
    }
    EXPECT_EQ(run, 49);
    const std::vector<float> falls = occlusion.falls();
    ASSERT_EQ(falls.size(), 48U);
    const auto log_odds_of = [](double share) { return std::log(share) - std::log1p(-share); };
    for (std::size_t i = 0; i < falls.size(); ++i)
        EXPECT_NEAR(falls[i], log_odds_of(0.9) - log_odds_of(0.9 - 0.01 * static_cast<double>(i + 1)), 1e-5);
    EXPECT_EQ(occlusion.probability(), 0.9F);
}

TEST(OcclusionTest, LogOddsAreThoseOfTheSumsHoweverSureTheNetIs) {
    // A softmax of the sums 0 and x in single precision: its log-odds are x.
    for (int quarters = -4 * 86; quarters <= 4 * 86; ++quarters) {
        const float x = static_cast<float>(quarters) / 4;
        const float other = std::exp(-std::abs(x)), sum = 1 + other;
        const float p0 = (x > 0 ? other : 1) / sum, p1 = (x > 0 ? 1 : other) / sum;
        EXPECT_NEAR(log_odds(p0, p1), static_cast<double>(x), 1e-6 * (1 + std::abs(x)));
    }
    EXPECT_NEAR(log_odds(0, 1), 87.34, 0.01);  // the smallest normal float is exp(-87.34)
    EXPECT_EQ(log_odds(1, 0), -log_odds(0, 1));
    EXPECT_EQ(log_odds(1e-42F, 1), log_odds(0, 1));
    EXPECT_LE(2 * log_odds(0, 1), most_fall);
}

}  // namespace
}  // namespace emulsion::serve
