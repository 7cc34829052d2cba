// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/serve/reference_scores.h"

#include <emulsion/error.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace emulsion::serve {
ReferenceScores::ReferenceScores(std::vector<double> probabilities) : sorted_(std::move(probabilities)) {
    std::ranges::sort(sorted_);
}

ReferenceScores ReferenceScores::from_text(std::string_view text) {
    std::vector<double> scores;
    for (bool header = true; !text.empty(); header = false) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        if (!header) scores.push_back(parse(text.substr(0, end), "reference scores"));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return ReferenceScores(std::move(scores));
}

double ReferenceScores::parse(std::string_view text, const std::string& where) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    if (!whole || !(value >= 0 && value <= 1))  // NaN is none either
        throw Error(Error::Kind::data, where + ": a score is a number from 0 to 1");
    return value;
}

std::optional<int> ReferenceScores::percentile(double probability) const {
    if (sorted_.empty()) return std::nullopt;
    const auto [first, last] = std::equal_range(sorted_.begin(), sorted_.end(), probability);
    const auto lower = static_cast<double>(first - sorted_.begin()), same = static_cast<double>(last - first);
    return static_cast<int>(std::lround(100 * (lower + same / 2) / static_cast<double>(sorted_.size())));
}

}  // namespace emulsion::serve
