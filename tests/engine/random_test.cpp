// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Witnesses: Philox's published test vectors, Box and Muller's formula in long double, and statistics.
// All seeds are fixed: a test passes for good or fails for good. Statistical bounds are those that a
// true random sequence exceeds once in 1000 (5 standard deviations for means: once in 10^6).
#include <emulsion/random.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numbers>
#include <set>
#include <vector>

#include "kernels/philox.h"
#include "tests/engine/support.h"

namespace emulsion {
namespace {

using test::error_of;

constexpr Filler gaussian{Filler::Kind::gaussian, 0, 0, 1, 0, 1};
constexpr Filler uniform{Filler::Kind::uniform, 0, 0, 0, 0, 1};

std::vector<float> filled(const Filler& filler, std::size_t count, std::uint64_t seed = 1,
                          std::uint64_t stream = 2) {
    std::vector<float> values(count, std::nanf(""));
    fill(filler, values, 100, 200, seed, stream);
    return values;
}

double mean_of(const std::vector<float>& values, int power = 1) {
    double sum = 0;
    for (const float value : values) sum += std::pow(static_cast<double>(value), power);
    return sum / static_cast<double>(values.size());
}

/// Kolmogorov and Smirnov's distance from a distribution, times the root of the sample's size: above
/// 1.95 once in 1000.
template <class Distribution>
double distance(std::vector<float> values, Distribution&& distribution) {
    std::sort(values.begin(), values.end());
    const auto n = static_cast<double>(values.size());
    double largest = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double p = distribution(static_cast<double>(values[i]));
        largest = std::max({largest, p - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - p});
    }
    return largest * std::sqrt(n);
}

double normal_distribution(double x) {
    return std::erfc(-x / std::numbers::sqrt2) / 2;
}

/// Correlation of neighbours; its standard deviation is 1 / sqrt(n).
double correlation(const std::vector<float>& values, std::size_t lag) {
    const double mean = mean_of(values), variance = mean_of(values, 2) - mean * mean;
    double sum = 0;
    for (std::size_t i = lag; i < values.size(); ++i) {
        sum += (static_cast<double>(values[i]) - mean) * (static_cast<double>(values[i - lag]) - mean);
    }
    return sum / static_cast<double>(values.size()) / variance;
}

void expect_words(const Philox4& actual, std::initializer_list<std::uint32_t> expected) {
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), actual.word));
}

TEST(Philox, GivesThePublishedVectors) {  // Random123, philox4x32-10
    constexpr std::uint64_t ones = ~std::uint64_t{0};
    expect_words(philox(0, 0, 0), {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    expect_words(philox(ones, ones, ones), {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    expect_words(philox(0x85a308d3243f6a88, 0x0370734413198a2e, 0x299f31d0a4093822),
                 {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST(NormalPair, IsBoxAndMullersFormula) {
    Random random(1, 1);
    std::vector<std::uint32_t> words{0,          1,          2,          0x3FFFFFFF, 0x40000000,
                                     0x7FFFFFFF, 0x80000000, 0xB504F333, 0xB504F334, 0xBFFFFFFF,
                                     0xC0000000, 0xFFFFFFFE, 0xFFFFFFFF, 1U << 29,   1U << 20};
    while (words.size() < 600) words.push_back(random.word32() >> random.below(32));
    for (const std::uint32_t a : words) {
        const long double radius = std::sqrt(-2 * std::log((a + 0.5L) / 0x1p32L));
        for (const std::uint32_t b : words) {
            const long double angle = 2 * std::numbers::pi_v<long double> * (b + 0.5L - 0x1p29L) / 0x1p32L;
            const auto [x, y] = normal_pair(a, b);
            const auto error =
                std::max(std::abs(x - radius * std::cos(angle)), std::abs(y - radius * std::sin(angle)));
            ASSERT_TRUE(error <= 2e-12L * radius) << a << ' ' << b << ": " << x << ' ' << y;
        }
    }
}

TEST(Random, DependsOnSeedAndStreamAlone) {
    Random one(7, 3), same(7, 3), other_seed(8, 3), other_stream(7, 4);
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 1000; ++i) {
        const std::uint64_t word = one.word64();
        EXPECT_EQ(word, same.word64());
        seen.insert({word, other_seed.word64(), other_stream.word64()});
    }
    EXPECT_EQ(seen.size(), 3000U);
    Random copy = one;
    EXPECT_EQ(copy.gaussian(), one.gaussian());
    EXPECT_EQ(copy.gaussian(), one.gaussian());
}

TEST(Random, SharesNoNumberWithDropoutAndFillers) {
    // The same seed, and a stream equal to dropout's upper counter (step 5, layer 9).
    const std::uint64_t seed = 3, stream = (5U << 16) | 9U;
    Random random(seed, stream);
    std::set<std::uint32_t> words;
    for (int i = 0; i < 4000; ++i) words.insert(random.word32());
    EXPECT_EQ(words.size(), 4000U);
    for (std::uint64_t block = 0; block < 1000; ++block) {
        for (const std::uint32_t word : dropout_words(seed, 5, 9, block).word) words.insert(word);
    }
    EXPECT_EQ(words.size(), 8000U);
    // Of a uniform filler over 2^24 the words' upper 24 bits can be read back.
    std::set<std::uint32_t> upper;
    for (const std::uint32_t word : words) upper.insert(word >> 8);
    int common = 0;
    for (const float value : filled({Filler::Kind::uniform, 0, 0, 0, 0, 0x1p24}, 4000, seed, stream)) {
        common += upper.count(static_cast<std::uint32_t>(value)) != 0;
    }
    EXPECT_LT(common, 12);  // 2 by chance
}

TEST(Random, UniformIsInRangeAndEven) {
    Random random(11, 0);
    std::vector<float> singles, doubles;
    for (int i = 0; i < 1'000'000; ++i) {
        const float single = random.uniform32();
        ASSERT_TRUE(single >= 0 && single < 1);
        ASSERT_EQ(single * 0x1p24F, std::floor(single * 0x1p24F));
        singles.push_back(single);
        const double real = random.uniform();
        ASSERT_TRUE(real >= 0 && real < 1);
        ASSERT_EQ(real * 0x1p53, std::floor(real * 0x1p53));
        doubles.push_back(static_cast<float>(real));
    }
    const auto even = [](double x) { return x; };
    EXPECT_LT(distance(singles, even), 1.95);
    EXPECT_LT(distance(doubles, even), 1.95);
}

TEST(Random, BelowIsEvenAndUnbiased) {
    Random random(12, 0);
    constexpr int draws = 700'000;
    std::vector<int> counts(7);
    for (int i = 0; i < draws; ++i) {
        const std::uint64_t drawn = random.below(7);
        ASSERT_LT(drawn, 7U);
        ++counts[drawn];
    }
    double chi_square = 0;
    for (const int count : counts) chi_square += std::pow(count - draws / 7., 2) / (draws / 7.);
    EXPECT_LT(chi_square, 22.46);  // 6 degrees of freedom, once in 1000

    // A remainder of 64 bits by 3 * 2^62 would fall into the lowest third half of the time.
    const std::uint64_t third = std::uint64_t{1} << 62;
    int lowest = 0;
    for (int i = 0; i < 90'000; ++i) lowest += random.below(3 * third) < third;
    EXPECT_NEAR(lowest, 30'000, 5 * std::sqrt(90'000 * (1. / 3) * (2. / 3)));

    for (int i = 0; i < 100; ++i) EXPECT_EQ(random.below(1), 0U);
    for (int i = 0; i < 100; ++i) EXPECT_LT(random.below((third << 1) + 1), (third << 1) + 1);
    random.below(std::numeric_limits<std::uint64_t>::max());
    error_of(Error::Kind::usage, [&] { random.below(0); });
}

TEST(Random, GaussianIsNormalAndTakesOneWordEach) {
    Random random(13, 0), words(13, 0);
    std::vector<float> values;
    for (int i = 0; i < 1'000'000; ++i) values.push_back(static_cast<float>(random.gaussian()));
    EXPECT_LT(distance(values, normal_distribution), 1.95);
    for (int i = 0; i < 1'000'000; ++i) words.word32();
    EXPECT_EQ(random.word32(), words.word32());
}

TEST(Fill, ConstantIsConstant) {
    for (const float value : filled({Filler::Kind::constant, 0.25, 0, 0, 0, 1}, 100)) EXPECT_EQ(value, 0.25F);
}

TEST(Fill, GaussianHasItsMomentsAndDistribution) {
    const std::vector<float> values = filled(gaussian, 1'000'000);
    const double root = std::sqrt(1e6);
    EXPECT_NEAR(mean_of(values), 0, 5 / root);
    EXPECT_NEAR(mean_of(values, 2), 1, 5 * std::sqrt(2.) / root);
    EXPECT_NEAR(mean_of(values, 3), 0, 5 * std::sqrt(15.) / root);
    EXPECT_NEAR(mean_of(values, 4), 3, 5 * std::sqrt(96.) / root);
    EXPECT_LT(distance(values, normal_distribution), 1.95);
    for (const std::size_t lag : {1U, 2U, 3U, 4U, 8U})
        EXPECT_NEAR(correlation(values, lag), 0, 5 / root) << lag;
    const auto tail = std::count_if(values.begin(), values.end(), [](float v) { return std::abs(v) > 4; });
    EXPECT_NEAR(static_cast<double>(tail), 63.3, 5 * std::sqrt(63.3));
}

TEST(Fill, GaussianHasMeanAndDeviation) {
    const std::vector<float> standard = filled(gaussian, 1000),
                             values = filled({Filler::Kind::gaussian, 0, 3, 0.5, 0, 1}, 1000);
    for (std::size_t i = 0; i < values.size(); ++i) {
        // Two roundings to float, of a number below 8 and of one below 7 / 2.
        ASSERT_TRUE(std::abs(values[i] - (3 + 0.5 * standard[i])) <= 0x1p-21) << i;
    }
}

TEST(Fill, UniformKindsHaveTheirBoundsAndDistribution) {
    const auto check = [](const Filler& filler, double low, double high) {
        const std::vector<float> values = filled(filler, 1'000'000);
        const auto [least, most] = std::minmax_element(values.begin(), values.end());
        EXPECT_GE(*least, static_cast<float>(low));
        EXPECT_LE(*most, static_cast<float>(high));
        EXPECT_LT(distance(values, [&](double x) { return (x - low) / (high - low); }), 1.95);
        EXPECT_NEAR(correlation(values, 1), 0, 5e-3);
    };
    check(uniform, 0, 1);
    check({Filler::Kind::uniform, 0, 0, 0, -3, -2}, -3, -2);
    check({Filler::Kind::xavier, 0, 0, 0, 0, 1}, -std::sqrt(3. / 100), std::sqrt(3. / 100));
}

TEST(Fill, MsraIsAGaussianByFanIn) {
    const Filler same{Filler::Kind::gaussian, 0, 0, std::sqrt(2. / 100), 0, 1};
    EXPECT_EQ(filled({Filler::Kind::msra, 0, 0, 0, 0, 1}, 1000), filled(same, 1000));
}

TEST(Fill, PartsInAnyOrderGiveTheWhole) {
    for (const Filler& filler : {gaussian, uniform}) {
        const std::vector<float> whole = filled(filler, 1003);
        Random random(14, 0);
        for (int round = 0; round < 200; ++round) {
            const std::size_t first = random.below(1003), count = random.below(1003 - first + 1);
            constexpr float guard = -77;
            std::vector<float> part(count + 2, guard);
            fill(filler, std::span(part).subspan(1, count), 100, 200, 1, 2, first);
            ASSERT_EQ(part.front(), guard);
            ASSERT_EQ(part.back(), guard);
            ASSERT_TRUE(std::equal(part.begin() + 1, part.end() - 1,
                                   whole.begin() + static_cast<std::ptrdiff_t>(first)));
        }
    }
}

TEST(Fill, StreamsAndSeedsDiffer) {
    const std::vector<float> one = filled(gaussian, 1000, 1, 1);
    EXPECT_NE(one, filled(gaussian, 1000, 1, 2));
    EXPECT_NE(one, filled(gaussian, 1000, 2, 1));
    EXPECT_EQ(one, filled(gaussian, 1000, 1, 1));
}

/// FNV-1a over the bits.
std::uint64_t hash_of(const std::vector<float>& values) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const float value : values) hash = (hash ^ std::bit_cast<std::uint32_t>(value)) * 0x100000001b3;
    return hash;
}

TEST(Fill, GivesTheSameBitsOnEveryMachine) {  // hashes from a Python program of the definition
    EXPECT_EQ(hash_of(filled(gaussian, 1000)), 0x2b3aa505faae3ce1U);
    EXPECT_EQ(hash_of(filled(uniform, 1000)), 0xc1a98a9f033a6f58U);
}

TEST(Fill, RefusesFillersThatMakeNoSense) {
    std::vector<float> values(4);
    const auto refusal = [&](const Filler& filler, std::int64_t fan_in) {
        return error_of(Error::Kind::data, [&] { fill(filler, values, fan_in, 1, 1, 1); });
    };
    EXPECT_EQ(refusal({Filler::Kind::gaussian, 0, 0, -1, 0, 1}, 1), "filler: the deviation is negative");
    EXPECT_EQ(refusal({Filler::Kind::uniform, 0, 0, 0, 1, 0}, 1), "filler: low is above high");
    EXPECT_EQ(refusal({Filler::Kind::uniform, 0, 0, 0, std::nan(""), 0}, 1), "filler: low is above high");
    EXPECT_EQ(refusal({Filler::Kind::xavier, 0, 0, 0, 0, 1}, 0), "filler: fan_in is 0, should be at least 1");
    EXPECT_EQ(refusal({Filler::Kind::msra, 0, 0, 0, 0, 1}, -5), "filler: fan_in is -5, should be at least 1");
}

}  // namespace
}  // namespace emulsion
