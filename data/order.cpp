// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "data/order.h"

#include <numeric>
#include <utility>

#include "kernels/philox.h"

namespace emulsion {
namespace {

// The top two bits of Philox's counter keep the users of one seed apart: dropout has 0 there, Random 1,
// fillers 2. The next bit parts the two uses here.
constexpr std::uint64_t shuffle_stream = 6ULL << 61, crop_stream = 7ULL << 61;

/// A number below `limit`; the favour that small ones get is at most limit / 2^64.
std::uint32_t below(std::uint32_t limit, std::uint32_t high, std::uint32_t low) {
    return static_cast<std::uint32_t>((std::uint64_t{high} << 32 | low) % limit);
}

}  // namespace

SampleOrder::SampleOrder(std::uint32_t count, std::uint64_t seed, bool shuffle)
    : seed_(seed), shuffled_(shuffle), permutation_(count) {
    std::iota(permutation_.begin(), permutation_.end(), 0U);
}

void SampleOrder::shuffle(std::uint64_t epoch) {
    std::iota(permutation_.begin(), permutation_.end(), 0U);
    for (auto i = static_cast<std::uint32_t>(permutation_.size()); i > 1; --i) {
        const Philox4 random = philox(i, shuffle_stream | epoch, seed_);
        std::swap(permutation_[i - 1], permutation_[below(i, random.word[0], random.word[1])]);
    }
}

std::uint32_t SampleOrder::at(std::uint64_t place) {
    const std::uint64_t epoch = place / permutation_.size();
    if (shuffled_ && epoch != std::exchange(epoch_, epoch)) shuffle(epoch);
    return permutation_[place % permutation_.size()];
}

Crop crop_at(std::uint64_t place, std::uint64_t seed, const Preprocessing& p, bool random, bool mirror) {
    const auto spare_rows = static_cast<std::uint32_t>(p.height - p.crop_height);
    const auto spare_columns = static_cast<std::uint32_t>(p.width - p.crop_width);
    const Philox4 a = philox(place, crop_stream, seed), b = philox(place, crop_stream + 1, seed);
    Crop crop;
    crop.top =
        static_cast<std::int32_t>(random ? below(spare_rows + 1, a.word[0], a.word[1]) : spare_rows / 2);
    crop.left = static_cast<std::int32_t>(random ? below(spare_columns + 1, a.word[2], a.word[3])
                                                 : spare_columns / 2);
    crop.mirrored = mirror ? static_cast<std::int32_t>(b.word[0] & 1) : 0;
    return crop;
}

}  // namespace emulsion
