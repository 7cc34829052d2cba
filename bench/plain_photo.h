// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A JPEG through libjpeg-turbo alone, with none of data/'s code: what the loader is timed against, and
// with a plain loop behind it what the loader is checked against.
#pragma once

#include <emulsion/preprocessing.h>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/image.h"

namespace emulsion::bench {

std::string libjpeg_version();

/// Pixels in memory that is used again from photo to photo.
struct PlainPhoto {
    int width = 0, height = 0;
    std::vector<std::uint8_t> rgb;  ///< at least height x width x 3
};

/// Decodes to RGB as it is stored, at the scale that the contract asks for. Errors end the program, as is
/// libjpeg's way: the photos are known to be sound.
void decode_plainly(std::span<const std::byte> jpeg, const Preprocessing& contract, PlainPhoto& photo);

/// The greatest distance, in levels, of `fitted` from the photo squashed to the contract's size with the
/// bilinear filter in double precision. Half a level is what rounding costs.
double distance_from_plain(const PlainPhoto& photo, const Preprocessing& contract,
                           std::span<const std::uint8_t> fitted);

}  // namespace emulsion::bench
