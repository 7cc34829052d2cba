// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/random_photos.h"

#include <algorithm>
#include <cstring>

#include "kernels/philox.h"

namespace emulsion::apps {

RandomPhotos::RandomPhotos(const Preprocessing& p, int count, std::uint64_t seed)
    : count_(count),
      seed_(seed),
      drawn_(static_cast<std::uint64_t>(count)),
      photo_bytes_(static_cast<std::size_t>(p.height) * static_cast<std::size_t>(p.width) * 3),
      pixels_(static_cast<std::size_t>(count) * photo_bytes_) {
    for (int i = 0; i < count; ++i) draw(i, static_cast<std::uint64_t>(i));
}

void RandomPhotos::redraw(int i) {
    draw(i, drawn_++);
}

void RandomPhotos::draw(int i, std::uint64_t number) {
    std::uint8_t* photo = pixels_.data() + static_cast<std::size_t>(i) * photo_bytes_;
    for (std::size_t at = 0; at < photo_bytes_; at += sizeof(Philox4)) {
        const Philox4 random = philox(at, number, seed_);
        std::memcpy(photo + at, random.word, std::min(sizeof random, photo_bytes_ - at));
    }
}

}  // namespace emulsion::apps
