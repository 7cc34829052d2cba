// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What a photo looks like, in 64 bits, and which of many photos look alike.
//
// The hash: the photo squeezed to 32x32 pixels of grey, its cosine transform (DCT-II), of that the 8x8
// slowest waves, and of each one bit: whether it is above the median of the 64. Another size, compression or
// brightness moves few of these; another picture moves about half. A mirrored photo is another one, and so is
// one with much cut off.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "data/disjoint_sets.h"
#include "data/image.h"

namespace emulsion {

/// Bit 8v + u tells of the wave with u half-turns across and v down. A photo of one colour has bit 0 alone.
std::uint64_t perceptual_hash(const Image& photo);

/// In how many bits two hashes differ.
int hash_distance(std::uint64_t a, std::uint64_t b);

/// Joins all whose hashes differ in `most` bits or fewer, 0 to 11, and so, link by link, what is joined
/// through others. Exact: cut into 4 blocks of 16 bits, two such hashes have a block that differs in most / 4
/// bits at the most, so only hashes that share such a block are compared. Takes 20 bytes of memory a hash.
void join_near(std::span<const std::uint64_t> hashes, int most, DisjointSets& sets);

}  // namespace emulsion
