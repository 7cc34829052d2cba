// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "data/order.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "tests/data/fixtures.h"

namespace emulsion::tests {
namespace {

std::vector<std::uint32_t> stream(SampleOrder order, std::uint64_t from, std::uint64_t count) {
    std::vector<std::uint32_t> samples;
    for (std::uint64_t place = from; place < from + count; ++place) samples.push_back(order.at(place));
    return samples;
}

TEST(Order, EveryEpochIsAPermutationOfItsOwn) {
    const SampleOrder order(100, 5, true);
    std::vector<std::uint32_t> all(100);
    std::iota(all.begin(), all.end(), 0U);
    std::vector<std::uint32_t> first = stream(order, 0, 100), second = stream(order, 100, 100);
    EXPECT_NE(first, all);
    EXPECT_NE(first, second);
    EXPECT_NE(first, stream(SampleOrder(100, 6, true), 0, 100)) << "another seed, another order";
    std::sort(first.begin(), first.end());
    std::sort(second.begin(), second.end());
    EXPECT_EQ(first, all);
    EXPECT_EQ(second, all);
}

TEST(Order, AnyPlaceIsFoundWithoutThoseBefore) {
    const std::vector<std::uint32_t> whole = stream(SampleOrder(7, 1, true), 0, 70);
    for (std::uint64_t from = 0; from < 60; from += 9)
        EXPECT_EQ(stream(SampleOrder(7, 1, true), from, 10),
                  std::vector(whole.begin() + static_cast<long>(from),
                              whole.begin() + static_cast<long>(from) + 10));
    SampleOrder order(7, 1, true);
    EXPECT_EQ(order.at(50), whole[50]);
    EXPECT_EQ(order.at(3), whole[3]) << "and back again";
}

TEST(Order, PlainOrderRepeats) {
    EXPECT_EQ(stream(SampleOrder(3, 9, false), 0, 7), (std::vector<std::uint32_t>{0, 1, 2, 0, 1, 2, 0}));
}

TEST(Order, PermutationsAreFair) {
    // 24 permutations of 4, 24,000 draws: each count is binomial with deviation 31, so five of them.
    std::map<std::vector<std::uint32_t>, int> counts;
    SampleOrder order(4, 3, true);
    for (std::uint64_t epoch = 0; epoch < 24'000; ++epoch) {
        std::vector<std::uint32_t> permutation;
        for (std::uint64_t i = 0; i < 4; ++i) permutation.push_back(order.at(4 * epoch + i));
        ++counts[permutation];
    }
    EXPECT_EQ(counts.size(), 24U);
    for (const auto& [permutation, count] : counts) EXPECT_NEAR(count, 1000, 5 * 31);
}

TEST(Crops, CentreUnlessRandom) {
    Preprocessing p;  // 256 x 256, 227 x 227
    EXPECT_EQ(crop_at(5, 1, p, false, false), (Crop{14, 14, 0}));
}

TEST(Crops, CoverEveryPlaceFairly) {
    Preprocessing p;
    p.height = 10;
    p.width = 12;
    p.crop_height = 8;
    p.crop_width = 9;
    std::map<std::pair<int, int>, int> counts;
    int mirrored = 0;
    constexpr int draws = 24'000;
    for (std::uint64_t place = 0; place < draws; ++place) {
        const Crop crop = crop_at(place, 7, p, true, true);
        ++counts[{crop.top, crop.left}];
        mirrored += crop.mirrored;
        EXPECT_EQ(crop_at(place, 7, p, true, true), crop);
    }
    // Three tops and four lefts, 2,000 each; binomial deviations of 43 and 77, five of them allowed.
    EXPECT_EQ(counts.size(), 12U);
    for (const auto& [corner, count] : counts) {
        EXPECT_NEAR(count, draws / 12, 5 * 43);
        EXPECT_TRUE(corner.first >= 0 && corner.first <= 2 && corner.second >= 0 && corner.second <= 3);
    }
    EXPECT_NEAR(mirrored, draws / 2, 5 * 77);
}

}  // namespace
}  // namespace emulsion::tests
