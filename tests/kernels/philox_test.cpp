// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The random numbers: known answers of Philox4x32-10, and what dropout makes of them.
#include "kernels/philox.h"

#include <gtest/gtest.h>

#include <cmath>

namespace emulsion {
namespace {

/// The answers published with the paper's own distribution, Random123.
TEST(Philox, KnownAnswers) {
    struct Known {
        std::uint64_t low, high, key;
        std::uint32_t answer[4];
    };
    constexpr Known known[] = {
        {0, 0, 0, {0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8}},
        {~0ULL, ~0ULL, ~0ULL, {0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD}},
        {0x85A308D3243F6A88,
         0x0370734413198A2E,
         0x299F31D0A4093822,
         {0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1}},
    };
    for (const Known& k : known)
        for (int i = 0; i < 4; ++i)
            EXPECT_EQ(philox(k.low, k.high, k.key).word[i], k.answer[i])
                << std::hex << k.low << " word " << i;
}

TEST(Philox, ThresholdIsTheRatio) {
    EXPECT_EQ(drop_threshold(0), 0U);
    EXPECT_EQ(drop_threshold(0.5F), 0x80000000U);
    EXPECT_EQ(drop_threshold(0.25F), 0x40000000U);
}

/// Element i of a mask, as kernels.h defines it.
bool kept(std::uint64_t seed, std::uint64_t step, std::uint32_t stream, int i, float ratio) {
    return dropout_words(seed, step, stream, static_cast<std::uint64_t>(i / 4)).word[i % 4] >=
           drop_threshold(ratio);
}

// A count of n independent chances p is off by sqrt(n p (1 - p)) typically; six times that, by one in 1e9.
void expect_share(int hits, int n, double p, const char* what) {
    EXPECT_LE(std::fabs(hits - n * p), 6 * std::sqrt(n * p * (1 - p))) << what << ": " << hits << " of " << n;
}

TEST(Philox, DropoutKeepsItsShare) {
    constexpr int n = 1'000'000;
    for (const float ratio : {0.1F, 0.5F, 0.6F, 0.9F}) {
        int hits = 0;
        for (int i = 0; i < n; ++i) hits += kept(1, 2, 3, i, ratio);
        expect_share(hits, n, 1 - static_cast<double>(ratio), "kept");
    }
}

/// Masks of other seeds, steps and layers agree only as often as chance has it.
TEST(Philox, DropoutMasksAreIndependent) {
    constexpr int n = 100'000;
    const auto agreement = [](std::uint64_t seed, std::uint64_t step, std::uint32_t stream, int shift) {
        int hits = 0;
        for (int i = 0; i < n; ++i)
            hits += kept(9, 9, 9, i, 0.5F) == kept(seed, step, stream, i + shift, 0.5F);
        return hits;
    };
    EXPECT_EQ(agreement(9, 9, 9, 0), n);
    expect_share(agreement(10, 9, 9, 0), n, 0.5, "another seed");
    expect_share(agreement(9, 10, 9, 0), n, 0.5, "another step");
    expect_share(agreement(9, 9, 10, 0), n, 0.5, "another layer");
    expect_share(agreement(9, 9, 9, 1), n, 0.5, "the next element");
    expect_share(agreement(9, 9, 9, 4), n, 0.5, "the next block");
}

}  // namespace
}  // namespace emulsion
