// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011):
// a block cipher of a counter, so that number i is found without numbers 0..i-1, on any device and
// in any order. All of Emulsion's randomness (dropout, shuffling, augmentation, fillers) is this.
#pragma once

#include <cstdint>

namespace emulsion {

struct Philox4 {
    std::uint32_t word[4];
};

/// Four random words for a 128-bit counter under a 64-bit key.
constexpr Philox4 philox(std::uint64_t counter_low, std::uint64_t counter_high, std::uint64_t key) {
    constexpr std::uint32_t multiplier0 = 0xD2511F53U, multiplier1 = 0xCD9E8D57U;
    constexpr std::uint32_t weyl0 = 0x9E3779B9U, weyl1 = 0xBB67AE85U;
    auto c0 = static_cast<std::uint32_t>(counter_low), c1 = static_cast<std::uint32_t>(counter_low >> 32);
    auto c2 = static_cast<std::uint32_t>(counter_high), c3 = static_cast<std::uint32_t>(counter_high >> 32);
    auto k0 = static_cast<std::uint32_t>(key), k1 = static_cast<std::uint32_t>(key >> 32);
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t p0 = std::uint64_t{multiplier0} * c0;
        const std::uint64_t p1 = std::uint64_t{multiplier1} * c2;
        const auto next0 = static_cast<std::uint32_t>(p1 >> 32) ^ c1 ^ k0;
        const auto next2 = static_cast<std::uint32_t>(p0 >> 32) ^ c3 ^ k1;
        c0 = next0;
        c1 = static_cast<std::uint32_t>(p1);
        c2 = next2;
        c3 = static_cast<std::uint32_t>(p0);
        k0 += weyl0;
        k1 += weyl1;
    }
    return {{c0, c1, c2, c3}};
}

/// The four dropout words that cover elements 4*block .. 4*block+3 of one dropout layer at one step.
constexpr Philox4 dropout_words(std::uint64_t seed, std::uint64_t step, std::uint32_t stream,
                                std::uint64_t block) {
    return philox(block, (step << 16) | stream, seed);
}

/// A word below this is dropped, so that the chance is `ratio` to within 2^-32.
constexpr std::uint32_t drop_threshold(float ratio) {
    return static_cast<std::uint32_t>(static_cast<double>(ratio) * 4294967296.0);
}

}  // namespace emulsion
