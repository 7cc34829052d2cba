// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Real photographs as the files that a loader meets: small ones from the web, large ones from cameras.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace emulsion::bench {

struct PhotoSet {
    std::vector<std::string> paths;
    std::vector<std::vector<std::byte>> bytes;  ///< of each file
    std::string absent;                         ///< why there are none, else ""
};

/// Each set is made when it is first asked for; files that it writes go away with the object.
class PhotoSets {
   public:
    PhotoSets() = default;
    ~PhotoSets();
    PhotoSets(const PhotoSets&) = delete;
    PhotoSets& operator=(const PhotoSets&) = delete;

    /// The OASIS photos of EMULSION_DATA with a longest side of 240 pixels, as in the paper's set; every
    /// fourth is turned to stand upright. Baseline JPEG, quality 88, 4:2:0.
    const PhotoSet& small();
    /// The demo's photographs of 12 megapixels and more, at 4000x3000 and as cameras write: baseline JPEG,
    /// quality 92, 4:2:0.
    const PhotoSet& camera();
    /// The same photographs in the files of their authors, which are progressive but for one.
    const PhotoSet& published();

   private:
    std::string write(const std::string& name, const std::vector<std::byte>& bytes);

    std::string folder_;
    std::optional<PhotoSet> small_, camera_, published_;
};

}  // namespace emulsion::bench
