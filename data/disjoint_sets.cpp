// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "data/disjoint_sets.h"

#include <algorithm>
#include <numeric>

namespace emulsion {

DisjointSets::DisjointSets(std::size_t count) : parents_(count) {
    std::iota(parents_.begin(), parents_.end(), 0U);
}

void DisjointSets::join(std::size_t a, std::size_t b) {
    const std::uint32_t first = set_of(a), second = set_of(b);
    parents_[std::max(first, second)] = std::min(first, second);
}

std::uint32_t DisjointSets::set_of(std::size_t member) {
    auto at = static_cast<std::uint32_t>(member);
    while (parents_[at] != at) at = parents_[at] = parents_[parents_[at]];  // halves the way for the next
    return at;
}

}  // namespace emulsion
