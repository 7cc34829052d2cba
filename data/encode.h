// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Images to files: JPEG through libjpeg-turbo, PNG through stb_image_write.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "data/image.h"

namespace emulsion {

enum class Chroma {
    halved,  ///< 4:2:0, what cameras write
    full,    ///< 4:4:4
};

/// Quality from 1 to 100. Throws Error(usage) for another, or an image without pixels or too large for
/// the format (65,500 a side), Error(failure) if memory ends.
std::vector<std::byte> encode_jpeg(const Image& image, int quality = 90, Chroma chroma = Chroma::halved);

/// The same, written with write_file.
void write_jpeg(const std::string& path, const Image& image, int quality = 90,
                Chroma chroma = Chroma::halved);

/// Lossless, 8-bit RGB. Throws Error(usage) for an image without pixels, Error(failure) if memory ends.
std::vector<std::byte> encode_png(const Image& image);

}  // namespace emulsion
