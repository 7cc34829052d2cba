// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Random numbers on the host: streams for augmentation and shuffling, and the fillers that initialise
// weights. All of it is Philox (kernels/philox.h) followed by IEEE additions, multiplications,
// divisions and square roots only, no function of the C library, so that a seed gives the same bits
// on every machine.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "emulsion/netdef.h"
#include "kernels/philox.h"

namespace emulsion {

/// Two independent numbers of the standard normal distribution from two random words, by Box and
/// Muller: sqrt(-2 ln((a + 1/2) / 2^32)) times cosine and sine of 2 pi (b + 1/2 - 2^29) / 2^32.
/// Right to 2e-12 of the radius, which is at most 6.77.
std::array<double, 2> normal_pair(std::uint32_t a, std::uint32_t b);

/// A sequence of random numbers that depends on seed and stream alone. Streams of one seed, fill() and
/// dropout never share a number. To be used by one thread at a time; cheap to make and to copy.
class Random {
   public:
    Random(std::uint64_t seed, std::uint64_t stream) : seed_(seed), stream_(stream) {}

    std::uint32_t word32();
    std::uint64_t word64();
    /// Uniform in [0, 1): a multiple of 2^-24 and of 2^-53.
    float uniform32();
    double uniform();
    /// Uniform in 0..n-1, without bias. Throws Error(usage) if n is 0.
    std::uint64_t below(std::uint64_t n);
    /// Standard normal. Two words make two numbers, of which the second is kept for the next call.
    double gaussian();

   private:
    std::uint64_t seed_, stream_;
    std::uint64_t block_ = 0;  ///< the next counter
    Philox4 words_{};
    int words_left_ = 0;
    double spare_gaussian_ = 0;
    bool has_spare_ = false;
};

/// Writes elements first, first + 1, ... of a filler's infinite sequence, which depends on the filler,
/// the fans, seed and stream alone: parts may be filled in any order and by any number of threads.
///   constant: `value`
///   gaussian: mean + deviation * normal
///   uniform:  in [low, high]
///   xavier:   uniform in +-sqrt(3 / fan_in)
///   msra:     gaussian of deviation sqrt(2 / fan_in)
/// `fan_out` takes no part in Caffe's defaults. Throws Error(data) if the filler makes no sense: a
/// negative deviation, low above high, a fan_in below 1 where it counts.
void fill(const Filler& filler, std::span<float> values, std::int64_t fan_in, std::int64_t fan_out,
          std::uint64_t seed, std::uint64_t stream, std::uint64_t first = 0);

}  // namespace emulsion
