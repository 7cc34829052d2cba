// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The one picture type of data/: what decoding gives and resizing takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace emulsion {

/// An sRGB photo, 8 bits a channel, rows from the top, pixels interleaved R, G, B without padding.
struct Image {
    int width = 0, height = 0;
    std::vector<std::uint8_t> rgb;  ///< height x width x 3

    std::size_t row_bytes() const { return static_cast<std::size_t>(width) * 3; }
    bool operator==(const Image&) const = default;
};

}  // namespace emulsion
