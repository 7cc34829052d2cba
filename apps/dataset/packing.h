// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Photos into one of Caffe's databases.
#pragma once

#include <emulsion/preprocessing.h>
#include <optional>
#include <string>
#include <vector>

#include "apps/dataset/work.h"
#include "data/image.h"
#include "data/list.h"

namespace emulsion {
class LmdbWriter;
}

namespace emulsion::apps {

struct PackSettings {
    std::optional<Preprocessing> fit;  ///< to this height and width; none: each photo at its own size
    bool encoded = false;              ///< JPEG files instead of pixels
    int quality = 95;                  ///< of those that are made here
};

/// "240x159", width first, as a preprocessing that squashes photos to it bilinearly, as convert_imageset
/// does. Error(usage), naming `option`, for anything else.
Preprocessing parse_size(const std::string& text, const std::string& option);

struct Packed {
    std::size_t photos = 0, broken = 0;
};
/// Writes the photos of a list (or of a database) into one, which it seals and does not commit, in their
/// order, with keys "%08d_PATH" of their place and path in the list. Where no size is given, `encoded` keeps
/// JPEG files as they are. A broken photo is named on the progress and left out. Error(data) if none is left.
Packed pack(const std::string& list, LmdbWriter& database, const PackSettings& settings, Work& work);

/// A photo of a list, at its own size or fitted to another. Throws as decoding does.
Image open_photo(const Sample& sample, const std::optional<Preprocessing>& fit);

}  // namespace emulsion::apps
