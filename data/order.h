// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What sample comes when, and how it is cropped: pure functions of the seed and of the place in the
// stream, so that training can go on from any batch without replaying those before it.
#pragma once

#include <emulsion/preprocessing.h>
#include <cstdint>
#include <vector>

namespace emulsion {

/// The endless stream of sample numbers. Place s lies in epoch s / count; each epoch is a permutation
/// of its own (Fisher-Yates, drawn from Philox under the seed and the epoch), or the plain order.
class SampleOrder {
   public:
    SampleOrder(std::uint32_t count, std::uint64_t seed, bool shuffle);

    /// Which sample stands at a place. Cheap within one epoch; entering another costs O(count).
    std::uint32_t at(std::uint64_t place);

   private:
    void shuffle(std::uint64_t epoch);

    std::uint64_t seed_;
    bool shuffled_;
    std::uint64_t epoch_ = ~std::uint64_t{0};  ///< of which `permutation_` is; at first of none
    std::vector<std::uint32_t> permutation_;
};

/// Where the net's input is cut out of the photo, in pixels.
struct Crop {
    std::int32_t top = 0, left = 0, mirrored = 0;
    bool operator==(const Crop&) const = default;
};
static_assert(sizeof(Crop) == 3 * sizeof(std::int32_t));  // arrays of it go to the device as they are

/// The centre, or, where `random`, anywhere in the photo with equal chance; mirrored with a chance of one
/// half where `mirror`.
Crop crop_at(std::uint64_t place, std::uint64_t seed, const Preprocessing& preprocessing, bool random,
             bool mirror);

}  // namespace emulsion
