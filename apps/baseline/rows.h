// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace emulsion::baseline {

/// Rows of fp32 numbers, one after another; not owned.
struct Rows {
    const float* values = nullptr;
    std::int64_t count = 0, depth = 0;

    const float* row(std::int64_t i) const { return values + i * depth; }
};

}  // namespace emulsion::baseline
