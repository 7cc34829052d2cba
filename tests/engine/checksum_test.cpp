// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/checksum.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace emulsion::test {
namespace {

std::string sum_of(const std::vector<std::byte>& bytes) {
    Checksum sum;
    sum.add(bytes);
    return sum.text();
}

std::vector<std::byte> some_bytes(std::size_t count) {
    std::vector<std::byte> bytes(count);
    for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::byte>(i * 37);
    return bytes;
}

TEST(Checksum, EveryBitAndEveryLengthCounts) {
    std::set<std::string> sums;
    std::size_t tried = 0;
    for (const std::size_t count : {0U, 1U, 7U, 8U, 31U, 32U, 33U, 75U}) {
        std::vector<std::byte> bytes = some_bytes(count);
        sums.insert(sum_of(bytes));
        ++tried;
        for (std::size_t bit = 0; bit < 8 * count; ++bit) {
            const auto mask = static_cast<std::byte>(1U << bit % 8);
            bytes[bit / 8] ^= mask;
            sums.insert(sum_of(bytes));
            bytes[bit / 8] ^= mask;
            ++tried;
        }
    }
    EXPECT_EQ(sums.size(), tried);
}

TEST(Checksum, ZerosAtTheEndAndSwappedWordsCount) {
    std::vector<std::byte> bytes = some_bytes(16), swapped = bytes;
    std::swap_ranges(swapped.begin(), swapped.begin() + 8, swapped.begin() + 8);
    EXPECT_NE(sum_of(bytes), sum_of(swapped));
    swapped = bytes;
    swapped.push_back({});
    EXPECT_NE(sum_of(bytes), sum_of(swapped));
    // Two signs that change in one lane must not cancel.
    std::vector<std::byte> signs = some_bytes(96);
    const std::string before = sum_of(signs);
    for (const std::size_t at : {7U, 39U}) signs[at] ^= std::byte{0x80};
    EXPECT_NE(sum_of(signs), before);
}

// Files keep it: it must not change from one version or machine to the next. By a second program, in Python.
TEST(Checksum, StaysTheSame) {
    EXPECT_EQ(sum_of(some_bytes(75)), "81ea0d7a44f8135a");
}

}  // namespace
}  // namespace emulsion::test
