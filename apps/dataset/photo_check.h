// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Looking at the chosen photos: can they be decoded, are they large enough, which are alike.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/dataset/photo_cache.h"
#include "apps/dataset/ranking.h"
#include "apps/dataset/work.h"

namespace emulsion::apps {

/// What is remembered of a chosen photo.
struct Looked {
    std::uint64_t hash = 0, content = 0;
    bool usable = false;
};

/// Photos are decoded no smaller than this, so that of one below it the size is known. Twice what the hash
/// sees.
inline constexpr int most_least_side = 64;

struct PhotoCheckSettings {
    std::string photos;   ///< folder
    std::string cache;    ///< file
    int least_side = 32;  ///< pixels, at most most_least_side; photos with a shorter side are tiny
};

/// Decodes a photo, a JPEG at the smallest scale that tells enough. Throws as decode_file does.
Look look_at(const std::string& path);

/// Looks at each of the chosen, unless the cache knows it. Broken
/// and tiny ones become problems. 24 bytes of memory a photo, and what the cache takes.
std::vector<Looked> check_photos(const Ranking& ranking, const PhotoCheckSettings& settings,
                                 Problems& problems, Work& work);

}  // namespace emulsion::apps
