// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "data/perceptual_hash.h"

#include <emulsion/error.h>
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numbers>
#include <numeric>
#include <string>
#include <vector>

#include "data/resize.h"

namespace emulsion {
namespace {

constexpr std::size_t side = 32, waves = 8;
using Grey = std::array<double, side * side>;

Grey small_grey(const Image& photo) {
    const Image small = resize(photo, side, side, Preprocessing::Filter::area);
    Grey grey;
    for (std::size_t i = 0; i < grey.size(); ++i) {
        const std::uint8_t* pixel = &small.rgb[3 * i];
        grey[i] = 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2];
    }
    return grey;
}

/// cos(pi (2x + 1) u / 64), with the factor that makes the transform orthonormal.
std::array<std::array<double, side>, waves> make_cosines() {
    std::array<std::array<double, side>, waves> table;
    for (std::size_t u = 0; u < waves; ++u) {
        for (std::size_t x = 0; x < side; ++x) {
            const double angle = std::numbers::pi * static_cast<double>((2 * x + 1) * u) / (2 * side);
            table[u][x] = std::cos(angle) * std::sqrt((u == 0 ? 1.0 : 2.0) / side);
        }
    }
    return table;
}

std::array<double, waves * waves> slow_waves(const Grey& grey) {
    static const auto cosines = make_cosines();
    std::array<double, waves * waves> result{};
    for (std::size_t y = 0; y < side; ++y) {
        for (std::size_t u = 0; u < waves; ++u) {
            double along = 0;
            for (std::size_t x = 0; x < side; ++x) along += cosines[u][x] * grey[y * side + x];
            for (std::size_t v = 0; v < waves; ++v) result[v * waves + u] += cosines[v][y] * along;
        }
    }
    return result;
}

/// Numbers of the hashes in the order of one block of 16 bits, and where each value of the block begins.
struct BlockIndex {
    static constexpr std::size_t values = 1 << 16;
    std::vector<std::uint32_t> begin = std::vector<std::uint32_t>(values + 1);
    std::vector<std::uint32_t> order;

    BlockIndex(std::span<const std::uint64_t> hashes, int shift) : order(hashes.size()) {
        for (const std::uint64_t hash : hashes) ++begin[block(hash, shift) + 1];
        std::partial_sum(begin.begin(), begin.end(), begin.begin());
        std::vector<std::uint32_t> next(begin.begin(), begin.end() - 1);
        for (std::size_t i = 0; i < hashes.size(); ++i)
            order[next[block(hashes[i], shift)]++] = static_cast<std::uint32_t>(i);
    }
    static std::size_t block(std::uint64_t hash, int shift) { return hash >> shift & (values - 1); }
};

/// All values of 16 bits of which at most `most` are set.
std::vector<std::size_t> flips(int most) {
    std::vector<std::size_t> masks;
    for (std::size_t mask = 0; mask < BlockIndex::values; ++mask)
        if (std::popcount(mask) <= most) masks.push_back(mask);
    return masks;
}

}  // namespace

std::uint64_t perceptual_hash(const Image& photo) {
    const auto all = slow_waves(small_grey(photo));
    auto sorted = all;
    std::sort(sorted.begin(), sorted.end());
    // Half a step of grey: where there is nothing to see, rounding has no say.
    const double median = (sorted[31] + sorted[32]) / 2, least = median + 0.5;
    std::uint64_t hash = 0;
    for (std::size_t i = 0; i < all.size(); ++i) hash |= std::uint64_t{all[i] > least} << i;
    return hash;
}

int hash_distance(std::uint64_t a, std::uint64_t b) {
    return std::popcount(a ^ b);
}

void join_near(std::span<const std::uint64_t> hashes, int most, DisjointSets& sets) {
    constexpr int blocks = 4, most_possible = 11;
    if (most < 0 || most > most_possible)
        throw Error(Error::Kind::usage,
                    "a distance of hashes of " + std::to_string(most) + "; 0 to 11 will do");
    // Equal ones are joined first, since any number of them would be compared with each other below.
    std::vector<std::uint32_t> members(hashes.size());
    std::iota(members.begin(), members.end(), 0U);
    std::sort(members.begin(), members.end(), [&](std::uint32_t a, std::uint32_t b) {
        return hashes[a] != hashes[b] ? hashes[a] < hashes[b] : a < b;
    });
    std::vector<std::uint64_t> distinct;
    std::size_t kept = 0;
    for (const std::uint32_t member : members) {
        if (!distinct.empty() && distinct.back() == hashes[member]) {
            sets.join(members[kept - 1], member);
        } else {
            distinct.push_back(hashes[member]);
            members[kept++] = member;
        }
    }
    const std::vector<std::size_t> masks = flips(most / blocks);
    for (int shift = 0; shift < 64; shift += 16) {
        const BlockIndex index(distinct, shift);
        for (std::size_t i = 0; i < distinct.size(); ++i) {
            const std::size_t own = BlockIndex::block(distinct[i], shift);
            for (const std::size_t mask : masks) {
                const std::size_t value = own ^ mask;
                for (std::uint32_t at = index.begin[value]; at < index.begin[value + 1]; ++at) {
                    const std::uint32_t other = index.order[at];
                    if (other < i && hash_distance(distinct[i], distinct[other]) <= most)
                        sets.join(members[i], members[other]);
                }
            }
        }
    }
}

}  // namespace emulsion
