// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Resampling against the definition, evaluated directly in two dimensions and in double precision.
#include "data/resize.h"

#include <cmath>
#include <numbers>

#include "tests/data/fixtures.h"

namespace emulsion::tests {
namespace {

using Filter = Preprocessing::Filter;
constexpr Filter all_filters[] = {Filter::nearest, Filter::bilinear, Filter::bicubic, Filter::area,
                                  Filter::lanczos};

/// The textbook kernels: x in output pixels.
double kernel(Filter filter, double x) {
    const double a = std::abs(x), pi = std::numbers::pi;
    switch (filter) {
        case Filter::bilinear:
            return std::max(0.0, 1 - a);
        case Filter::bicubic:  // Keys, with a = -1/2
            if (a <= 1) return 1.5 * a * a * a - 2.5 * a * a + 1;
            return a < 2 ? -0.5 * a * a * a + 2.5 * a * a - 4 * a + 2 : 0;
        case Filter::lanczos:
            if (a == 0) return 1;
            return a < 3 ? 3 * std::sin(pi * a) * std::sin(pi * a / 3) / (pi * pi * a * a) : 0;
        default:
            return 0;
    }
}

/// How much source pixel i counts in output pixel o, not normalised.
double weight(Filter filter, int in, int out, int i, int o) {
    const double scale = static_cast<double>(in) / out, centre = (o + 0.5) * scale;
    if (filter == Filter::nearest)
        return i == (2 * o + 1) * in / (2 * out) ? 1 : 0;  // the floor of the centre
    if (filter == Filter::area)
        return std::max(0.0, std::min(i + 1.0, (o + 1) * scale) - std::max<double>(i, o * scale));
    return kernel(filter, (i + 0.5 - centre) / std::max(scale, 1.0));
}

/// The exact value of one sample of the resized photo, before rounding and clipping.
double exact(const Image& photo, const ResizeTo& to, Filter filter, int y, int x, std::size_t c) {
    double sum = 0, total = 0;
    for (int i = 0; i < photo.height; ++i) {
        const double down = weight(filter, photo.height, to.full_height, i, y + to.top);
        if (down == 0) continue;
        for (int j = 0; j < photo.width; ++j) {
            const double both = down * weight(filter, photo.width, to.full_width, j, x + to.left);
            total += both;
            sum += both * pixel(photo, j, i)[c];
        }
    }
    return sum / total;
}

/// Half a level for the rounding, and the floats' own: two sums of n terms of at most 255 * 1.6 (the
/// kernels' lobes) err by less than 2 n 255 * 1.6 * 2^-24, below 0.01 for the 100 taps that occur here.
constexpr double tolerance = 0.51;

void expect_exact(const Image& photo, const ResizeTo& to, Filter filter) {
    const Image resized = resize(photo, to, filter);
    ASSERT_EQ(resized.height, to.height);
    ASSERT_EQ(resized.width, to.width);
    ASSERT_EQ(resized.rgb.size(), static_cast<std::size_t>(to.height * to.width) * 3);
    for (int y = 0; y < to.height; ++y)
        for (int x = 0; x < to.width; ++x)
            for (std::size_t c = 0; c < 3; ++c) {
                const double wanted = std::clamp(exact(photo, to, filter, y, x, c), 0.0, 255.0);
                const double difference = std::abs(pixel(resized, x, y)[c] - wanted);
                ASSERT_TRUE(difference <= tolerance)
                    << "filter " << static_cast<int>(filter) << " " << photo.width << "x" << photo.height
                    << " -> " << to.full_width << "x" << to.full_height << " at " << x << "," << y << ": "
                    << difference;
            }
}

TEST(Resize, MatchesTheDefinition) {
    struct Sizes {
        int in_width, in_height, width, height;
    };
    for (const Sizes& s :
         {Sizes{64, 48, 20, 15}, Sizes{20, 15, 64, 48}, Sizes{31, 57, 30, 58}, Sizes{90, 17, 7, 40},
          Sizes{1, 1, 5, 4}, Sizes{40, 30, 1, 1}, Sizes{1, 33, 9, 8}, Sizes{150, 2, 2, 3}})
        for (const Filter filter : all_filters)
            expect_exact(noise_photo(s.in_width, s.in_height, 7),
                         {s.height, s.width, 0, 0, s.height, s.width}, filter);
}

TEST(Resize, WindowsMatchTheDefinition) {
    for (const Filter filter : all_filters) {
        expect_exact(noise_photo(64, 48, 8), {30, 40, 3, 11, 19, 17}, filter);
        expect_exact(noise_photo(9, 50, 9), {500, 90, 495, 0, 5, 90}, filter);
    }
}

TEST(Resize, KeepsConstantColours) {
    Image plain{37, 29, {}};
    for (int i = 0; i < 37 * 29; ++i)
        for (const int v : {0, 137, 255}) plain.rgb.push_back(static_cast<std::uint8_t>(v));
    for (const Filter filter : all_filters) {
        const Image resized = resize(plain, 16, 50, filter);
        for (std::size_t i = 0; i < resized.rgb.size(); ++i)
            ASSERT_EQ(resized.rgb[i], plain.rgb[i % 3]) << "filter " << static_cast<int>(filter);
    }
}

TEST(Resize, SameSizeIsTheSamePhoto) {
    const Image photo = noise_photo(33, 21, 10);
    for (const Filter filter : all_filters) EXPECT_EQ(resize(photo, 21, 33, filter), photo);
}

TEST(Resize, AreaIsTheMeanWhereSizesDivide) {
    const Image photo = noise_photo(12, 8, 11), half = resize(photo, 4, 6, Filter::area);
    for (int y = 0; y < 4; ++y)
        for (int x = 0; x < 6; ++x)
            for (std::size_t c = 0; c < 3; ++c) {
                const int sum = pixel(photo, 2 * x, 2 * y)[c] + pixel(photo, 2 * x + 1, 2 * y)[c] +
                                pixel(photo, 2 * x, 2 * y + 1)[c] + pixel(photo, 2 * x + 1, 2 * y + 1)[c];
                EXPECT_EQ(pixel(half, x, y)[c], (sum + 2) / 4);
            }
}

TEST(Resize, ClipsWhatOvershoots) {
    Image edge{16, 1, {}};
    for (int x = 0; x < 16; ++x) edge.rgb.insert(edge.rgb.end(), 3, x < 8 ? 0 : 255);
    const Image large = resize(edge, 1, 160, Filter::lanczos);
    EXPECT_EQ(large.rgb[3 * 85], 255);
    EXPECT_EQ(large.rgb[3 * 74], 0);
}

}  // namespace
}  // namespace emulsion::tests
