// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Which of n things belong together, told pair by pair (union-find).
#pragma once

#include <cstdint>
#include <vector>

namespace emulsion {

/// Nearly constant time an operation, 4 bytes a thing. The name of a set is its least member, whatever the
/// order in which pairs were told.
class DisjointSets {
   public:
    explicit DisjointSets(std::size_t count);

    void join(std::size_t a, std::size_t b);
    std::uint32_t set_of(std::size_t member);

   private:
    std::vector<std::uint32_t> parents_;  ///< never greater than the member itself
};

}  // namespace emulsion
