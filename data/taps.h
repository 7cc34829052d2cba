// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// One axis of a resampling: which source pixels make each output pixel, and how much each counts.
#pragma once

#include <emulsion/preprocessing.h>
#include <array>
#include <cstddef>
#include <vector>

namespace emulsion {

/// Outputs [from, from + count) when `in` pixels become `out`.
struct Axis {
    int in = 0, out = 0, from = 0, count = 0;
    Preprocessing::Filter filter = Preprocessing::Filter::bilinear;

    bool operator==(const Axis&) const = default;
};

struct Taps {
    struct Range {
        int first, count;
        std::size_t start;  ///< of its weights
    };
    const float* weights_of(const Range& range) const { return &weights[range.start]; }

    Axis axis;
    std::vector<Range> ranges;   ///< of each output
    std::vector<float> weights;  ///< of a range sum to 1
    int begin = 0, end = 0;      ///< source pixels used by any
    /// While the source pixels come one by one, and each output is made, in order, as soon as its last one
    /// has come: how many of the latest must be at hand.
    int span = 1;
    bool copies = false;  ///< each output is but the source pixel at its place from `begin` on
};

Taps make_taps(const Axis& axis);

/// The taps of the last few axes: photos of a set have few sizes, and weights take as long as the sums of a
/// small photo.
class RecentTaps {
   public:
    /// Stays until the next call.
    const Taps& of(const Axis& axis);

   private:
    std::array<Taps, 4> taps_;
    std::size_t oldest_ = 0;
};

}  // namespace emulsion
