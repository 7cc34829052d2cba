// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "layers/findings.h"

#include <utility>

namespace emulsion {

void Findings::add(std::string finding) {
    ++count_;
    if (shown_.size() < most_shown) shown_.push_back(std::move(finding));
}

std::string Findings::text() const {
    std::string text;
    for (const std::string& finding : shown_) text += (text.empty() ? "" : "; ") + finding;
    if (count_ > shown_.size()) text += "; and " + std::to_string(count_ - shown_.size()) + " more";
    return text;
}

std::string describe_shape(const std::vector<std::int64_t>& shape) {
    if (shape.empty()) return "a single number";
    std::string text;
    for (const std::int64_t side : shape) text += (text.empty() ? "" : "x") + std::to_string(side);
    return text;
}

}  // namespace emulsion
