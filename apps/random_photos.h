// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <emulsion/preprocessing.h>
#include <cstdint>
#include <span>
#include <vector>

namespace emulsion::apps {

/// Photos of pure noise, each byte drawn evenly, for measuring and comparing: u8, count x height x
/// width x 3 of a preprocessing. The same seed gives the same photos everywhere.
class RandomPhotos {
   public:
    RandomPhotos(const Preprocessing&, int count, std::uint64_t seed);

    int count() const { return count_; }
    std::span<const std::uint8_t> pixels() const { return pixels_; }
    /// Puts another photo, not seen before, in place i.
    void redraw(int i);

   private:
    void draw(int i, std::uint64_t number);

    int count_;
    std::uint64_t seed_, drawn_;
    std::size_t photo_bytes_;
    std::vector<std::uint8_t> pixels_;
};

}  // namespace emulsion::apps
