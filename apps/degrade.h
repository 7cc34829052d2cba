// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The four faults that the paper finds in photographs that do not please, made on purpose: blur, flat
// contrast, bad exposure, wrong white balance. For the demo's synthetic labels only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/image.h"

namespace emulsion::apps {

/// Uniform numbers from Philox: the same on every machine and for every compiler, which the
/// distributions of <random> are not.
class RandomStream {
   public:
    RandomStream(std::uint64_t seed, std::uint64_t stream) : seed_(seed), stream_(stream) {}
    double uniform(double low, double high);  ///< [low, high)
    int below(int count);                     ///< 0 .. count - 1
    bool coin() { return below(2) == 1; }

   private:
    std::uint64_t seed_, stream_, used_ = 0;
};

enum class Fault { blur, flat, exposure, white_balance };
inline constexpr int fault_count = 4;
const char* name(Fault);  ///< "blur", "flat", "exposure", "white balance"

/// A fault and how strong it is. What `strength` means:
///   blur           standard deviation of the Gaussian, in thousandths of the photo's width
///   flat           the share of contrast that is left, 0..1
///   exposure       stops; negative is too dark
///   white_balance  stops by which red is raised and blue lowered; negative is too cool
struct Damage {
    Fault fault{};
    double strength = 0;
};

/// One fault or, as often, two different ones, each at a strength that a person notices.
std::vector<Damage> draw_damage(RandomStream&);

/// Applies the faults in order, as a camera would: exposure and white balance in linear light, blur
/// and contrast on the finished picture.
Image degrade(Image photo, const std::vector<Damage>&);

/// "blur 8.1, flat 0.42".
std::string describe(const std::vector<Damage>&);

}  // namespace emulsion::apps
