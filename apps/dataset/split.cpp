// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/dataset/split.h"

#include <emulsion/random.h>
#include <algorithm>
#include <array>
#include <numeric>
#include <unordered_set>
#include <utility>

namespace emulsion::apps {
namespace {

/// Members of a set by class: bad, good.
using Members = std::array<std::uint32_t, 2>;

/// What the parts have of each class, and the whole has.
struct Filling {
    Filling(std::span<const std::uint32_t> part_shares, const Members& whole)
        : shares(part_shares),
          sum_of_shares(std::accumulate(part_shares.begin(), part_shares.end(), std::uint32_t{0})),
          have(part_shares.size()),
          all(whole) {}

    std::span<const std::uint32_t> shares;
    std::uint32_t sum_of_shares;
    std::vector<Members> have;
    Members all;

    /// What a part lacks of its due for a set, in units of a share: of each class as the set has it.
    std::int64_t lack(std::size_t part, const Members& set) const {
        std::int64_t sum = 0;
        for (std::size_t c = 0; c < 2; ++c)
            sum += std::int64_t{set[c]} *
                   (std::int64_t{all[c]} * shares[part] - std::int64_t{have[part][c]} * sum_of_shares);
        return sum;
    }
    bool has_room(std::size_t part, const Members& set) const {
        const std::uint64_t would = std::uint64_t{have[part][0]} + have[part][1] + set[0] + set[1];
        return would * sum_of_shares <= (std::uint64_t{all[0]} + all[1]) * shares[part];
    }
    /// Of the parts that have room the one that is farthest from its due for its size, so that sets of every
    /// size come into every part; where none has room, the one that lacks most.
    std::size_t part_for(const Members& set) const {
        const std::size_t none = shares.size();
        std::size_t best = none, largest = 0;
        for (std::size_t part = 0; part < shares.size(); ++part) {
            if (lack(part, set) > lack(largest, set)) largest = part;
            if (!has_room(part, set)) continue;
            if (best == none || lack(part, set) * shares[best] > lack(best, set) * shares[part]) best = part;
        }
        return best == none ? largest : best;
    }
};

}  // namespace

Parts three_parts() {
    return {{"train", "val", "test"}, {12, 2, 2}};
}

Parts folds(int count) {
    Parts parts;
    for (int fold = 1; fold <= count; ++fold) {
        parts.names.push_back("fold-" + std::to_string(fold));
        parts.shares.push_back(1);
    }
    return parts;
}

Alternation::Alternation(std::size_t good, std::size_t bad, Usable usable)
    : next_bad_(good), good_end_(good), bad_end_(good + bad), usable_(std::move(usable)) {}

bool Alternation::find(std::size_t& at, std::size_t end) const {
    while (at < end && !usable_(at)) ++at;
    return at < end;
}

bool Alternation::next(Place& place) {
    if (bad_is_next_) {
        place = {next_bad_++, false};
    } else {
        if (!find(next_good_, good_end_) || !find(next_bad_, bad_end_)) return false;
        place = {next_good_++, true};
    }
    bad_is_next_ = !bad_is_next_;
    return true;
}

Part part_by_position(std::size_t position) {
    const std::size_t rest = position % 16;
    if (rest < 12) return Part::train;
    return rest < 14 ? Part::val : Part::test;
}

std::vector<std::uint8_t> split_sets(std::size_t positions, DisjointSets& sets,
                                     std::span<const std::uint32_t> shares, std::uint64_t seed) {
    std::vector<Members> members(positions);  // of the set whose name the position is
    for (std::size_t p = 0; p < positions; ++p) ++members[sets.set_of(p)][p % 2 == 0 ? 1 : 0];
    std::vector<std::uint32_t> order;
    for (std::size_t p = 0; p < positions; ++p)
        if (sets.set_of(p) == p) order.push_back(static_cast<std::uint32_t>(p));
    Random random(seed, 0);
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
    const auto size = [&](std::uint32_t set) { return members[set][0] + members[set][1]; };
    std::stable_sort(order.begin(), order.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return size(a) > size(b); });

    Filling filling(shares, {static_cast<std::uint32_t>(positions / 2),
                             static_cast<std::uint32_t>(positions - positions / 2)});
    std::vector<std::uint8_t> part_of(positions);
    for (const std::uint32_t set : order) {
        const std::size_t part = filling.part_for(members[set]);
        for (std::size_t c = 0; c < 2; ++c) filling.have[part][c] += members[set][c];
        part_of[set] = static_cast<std::uint8_t>(part);
    }
    for (std::size_t p = 0; p < positions; ++p) part_of[p] = part_of[sets.set_of(p)];
    return part_of;
}

std::size_t divided_sets(std::size_t positions, DisjointSets& sets,
                         const std::function<std::size_t(std::size_t)>& part) {
    std::unordered_set<std::uint32_t> divided;
    for (std::size_t p = 0; p < positions; ++p) {
        const std::uint32_t set = sets.set_of(p);
        if (part(set) != part(p)) divided.insert(set);
    }
    return divided.size();
}

}  // namespace emulsion::apps
