// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Which of the chosen photos belong together: copies, photos that look alike, photos of one owner.
#pragma once

#include <cstdint>
#include <vector>

#include "apps/dataset/photo_check.h"
#include "apps/dataset/ranking.h"
#include "data/disjoint_sets.h"

namespace emulsion::apps {

/// The chosen in the order of their positions: `order[position]` is a number among the chosen.
using Positions = std::vector<std::uint32_t>;

/// Joins positions with equal files, and those whose hashes differ in `most_bits` or fewer. All but the first
/// of each set become problems, which keep nothing out.
DisjointSets join_alike(const Ranking& ranking, const Positions& order, const std::vector<Looked>& looked,
                        int most_bits, Problems& problems);

/// Joins positions with the same owner; photos without one stay as they are.
void join_owners(const Ranking& ranking, const Positions& order, DisjointSets& sets);

}  // namespace emulsion::apps
