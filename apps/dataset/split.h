// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// In which order the chosen photos stand, and which are learnt from.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "data/disjoint_sets.h"

namespace emulsion::apps {

/// What the photos are dealt to, and how many each is due.
struct Parts {
    std::vector<std::string> names;
    std::vector<std::uint32_t> shares;  ///< of their sum
};
enum Part : std::uint8_t { train, val, test };
/// The author's: 12 of 16 to learn from, 2 to validate on, 2 to test on.
Parts three_parts();
/// fold-1, fold-2, ...: as many photos in each.
Parts folds(int count);

/// Of the chosen, `good` then `bad`: good, bad, good, bad, ..., passing over what is not usable, until either
/// is at its end. So both classes have equally many.
class Alternation {
   public:
    using Usable = std::function<bool(std::size_t chosen)>;
    Alternation(std::size_t good, std::size_t bad, Usable usable);

    struct Place {
        std::size_t chosen;
        bool good;
    };
    /// The next in the order; false at its end.
    bool next(Place& place);

   private:
    bool find(std::size_t& at, std::size_t end) const;

    std::size_t next_good_ = 0, next_bad_, good_end_, bad_end_;
    Usable usable_;
    bool bad_is_next_ = false;
};

/// The author's split: of 16 positions the first 12 to learn from, 2 to validate on, 2 to test on.
Part part_by_position(std::size_t position);

/// A split that gives each part its share of each class, as closely as the sets allow, and keeps every set of
/// positions together; the answer is a part for each position. Positions are even for good photos and odd for
/// bad ones. Sets are dealt from the largest down, equal ones in an order drawn from `seed`, each to the part
/// that is farthest from its due and has room.
std::vector<std::uint8_t> split_sets(std::size_t positions, DisjointSets& sets,
                                     std::span<const std::uint32_t> shares, std::uint64_t seed);

/// How many sets of two or more have members in more than one part.
std::size_t divided_sets(std::size_t positions, DisjointSets& sets,
                         const std::function<std::size_t(std::size_t)>& part);

}  // namespace emulsion::apps
