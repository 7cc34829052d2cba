// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What is wrong with a set of tensors, gathered so that one line can tell: the first few by name, and
// how many there are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace emulsion {

class Findings {
   public:
    void add(std::string finding);
    bool none() const { return count_ == 0; }
    /// "conv1.weight is missing; conv9.bias is left over; and 3 more"
    std::string text() const;

   private:
    static constexpr std::size_t most_shown = 4;
    std::vector<std::string> shown_;
    std::size_t count_ = 0;
};

/// "96x3x11x11"; "a single number" for a shape of no dimensions.
std::string describe_shape(const std::vector<std::int64_t>& shape);

}  // namespace emulsion
