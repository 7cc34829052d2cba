// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "data/perceptual_hash.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>
#include <random>

#include "data/encode.h"
#include "data/resize.h"
#include "tests/data/fixtures.h"

namespace emulsion::tests {
namespace {

/// The definition, wave by wave, for a photo of 32x32.
std::uint64_t hash_by_definition(const Image& photo) {
    std::vector<double> waves;
    for (int v = 0; v < 8; ++v) {
        for (int u = 0; u < 8; ++u) {
            double sum = 0;
            for (int y = 0; y < 32; ++y) {
                for (int x = 0; x < 32; ++x) {
                    const std::uint8_t* p = &photo.rgb[static_cast<std::size_t>(y * 32 + x) * 3];
                    const double grey = 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2];
                    sum += grey * std::cos(std::numbers::pi * (2 * x + 1) * u / 64) *
                           std::cos(std::numbers::pi * (2 * y + 1) * v / 64);
                }
            }
            waves.push_back(sum / 16 * (u == 0 ? std::sqrt(0.5) : 1) * (v == 0 ? std::sqrt(0.5) : 1));
        }
    }
    auto sorted = waves;
    std::ranges::sort(sorted);
    std::uint64_t hash = 0;
    for (std::size_t i = 0; i < 64; ++i)
        if (waves[i] > (sorted[31] + sorted[32]) / 2 + 0.5) hash |= std::uint64_t{1} << i;
    return hash;
}

TEST(PerceptualHash, FollowsItsDefinition) {
    for (std::uint32_t seed = 0; seed < 20; ++seed) {
        const Image photo = noise_photo(32, 32, seed);
        EXPECT_EQ(perceptual_hash(photo), hash_by_definition(photo)) << seed;
    }
    EXPECT_EQ(perceptual_hash({3, 2, std::vector<std::uint8_t>(18, 200)}), 1U);
}

TEST(PerceptualHash, BearsSizeAndCompression) {
    const Image photo = resize(noise_photo(9, 7, 3), 240, 320, Preprocessing::Filter::bicubic);
    const std::uint64_t hash = perceptual_hash(photo);
    EXPECT_LE(hash_distance(hash, perceptual_hash(decode_photo(encode_jpeg(photo, 30), {}, "x"))), 2);
    EXPECT_LE(hash_distance(hash, perceptual_hash(resize(photo, 120, 160, Preprocessing::Filter::bilinear))),
              2);
    const Image other = resize(noise_photo(9, 7, 4), 240, 320, Preprocessing::Filter::bicubic);
    EXPECT_GE(hash_distance(hash, perceptual_hash(other)), 16);
}

/// Sets by comparing each with each.
std::vector<std::uint32_t> sets_by_comparison(const std::vector<std::uint64_t>& hashes, int most) {
    std::vector<std::uint32_t> set(hashes.size());
    for (std::size_t i = 0; i < hashes.size(); ++i) set[i] = static_cast<std::uint32_t>(i);
    for (bool changed = true; changed;) {
        changed = false;
        for (std::size_t i = 0; i < hashes.size(); ++i)
            for (std::size_t j = 0; j < i; ++j)
                if (set[i] != set[j] && std::popcount(hashes[i] ^ hashes[j]) <= most) {
                    set[i] = set[j] = std::min(set[i], set[j]);
                    changed = true;
                }
    }
    return set;
}

TEST(JoinNear, FindsAllThatComparingEachWithEachFinds) {
    std::mt19937_64 random(5);
    for (const int most : {0, 1, 3, 4, 7, 8, 11}) {
        std::vector<std::uint64_t> hashes;
        for (int i = 0; i < 100; ++i) {
            hashes.push_back(random());
            // Neighbours at every distance up to 14, in any bits; and some equal ones.
            for (int j = 0; j < 3; ++j) {
                std::uint64_t near = hashes[random() % hashes.size()];
                for (auto flips = random() % 15; flips > 0; --flips)
                    near ^= std::uint64_t{1} << random() % 64;
                hashes.push_back(near);
            }
        }
        DisjointSets sets(hashes.size());
        join_near(hashes, most, sets);
        const auto expected = sets_by_comparison(hashes, most);
        for (std::size_t i = 0; i < hashes.size(); ++i) EXPECT_EQ(sets.set_of(i), expected[i]) << most;
    }
}

TEST(JoinNear, DoesNotCompareAMillionEqualOnes) {
    const std::vector<std::uint64_t> hashes(1'000'000, 42);
    DisjointSets sets(hashes.size());
    join_near(hashes, 8, sets);
    EXPECT_EQ(sets.set_of(999'999), 0U);
    EXPECT_NE(error_of([&] { join_near(hashes, 12, sets); }, Error::Kind::usage).find("12"),
              std::string::npos);
}

}  // namespace
}  // namespace emulsion::tests
