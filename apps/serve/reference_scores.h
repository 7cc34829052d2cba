// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// How a score stands among those of photos that were scored before.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace emulsion::serve {

class ReferenceScores {
   public:
    ReferenceScores() = default;  ///< none: no percentiles
    /// Probabilities, 0 to 1, in any order.
    explicit ReferenceScores(std::vector<double> probabilities);
    /// Of text with a number a line below the line "score".
    static ReferenceScores from_text(std::string_view text);

    /// A score as text. Error(data), beginning with `where`, if it is no number from 0 to 1.
    static double parse(std::string_view text, const std::string& where);

    /// The percentage, rounded, of reference photos that score lower, of equals half; none without a
    /// reference.
    std::optional<int> percentile(double probability) const;

   private:
    std::vector<double> sorted_;
};

}  // namespace emulsion::serve
