// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Photos side by side in a page.
#pragma once

#include <string>
#include <vector>

namespace emulsion::apps {

struct MosaicPhoto {
    std::string path, name;       ///< of the file; what it is called where it cannot be seen
    std::string figure, caption;  ///< below it, as text: a number, and words
    std::string look = "";        ///< class of its frame: "right", "wrong" or none
};

/// A section with heading and words (both markup). Thumbnails are decoded by `threads` threads and lie in the
/// page itself; where a file cannot be read, its place stays empty. Nothing at all without photos.
void add_mosaic(std::string& page, const std::string& title, const std::string& words,
                const std::vector<MosaicPhoto>& photos, int threads);

}  // namespace emulsion::apps
