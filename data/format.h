// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What a file is, by its first bytes; its name says nothing.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace emulsion {

enum class Format { jpeg, png, webp, bmp, tga, pnm, refused };

/// A format, and how an error calls it: "JPEG", "a GIF image", "text".
struct Detected {
    Format format;
    std::string name;
};

/// Never fails: what nothing matches is refused with a name that says so.
Detected detect_format(std::span<const std::uint8_t> bytes);

}  // namespace emulsion
