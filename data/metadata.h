// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What a photo's EXIF says of how it was held.
#pragma once

#include <cstdint>
#include <span>

namespace emulsion {

/// The orientation, 1 to 8, in an EXIF block (a TIFF structure, with or without "Exif\0\0" before it);
/// 1 where it is absent, corrupt or out of range.
int exif_orientation(std::span<const std::uint8_t> exif);

}  // namespace emulsion
