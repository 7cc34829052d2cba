// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/baseline/row_cache.h"

#include <algorithm>

namespace emulsion::baseline {
namespace {

constexpr std::size_t at(std::int64_t i) {
    return static_cast<std::size_t>(i);
}

}  // namespace

RowCache::RowCache(std::int64_t keys, std::int64_t row_length, std::size_t bytes, std::int64_t least)
    : row_length_(row_length),
      capacity_(std::min(
          keys, std::max(least, static_cast<std::int64_t>(bytes / (at(row_length) * sizeof(float)))))),
      rows_(std::make_unique_for_overwrite<float[]>(at(capacity_ * row_length))),
      slot_of_(at(keys), none),
      key_of_(at(capacity_)),
      newer_(at(capacity_)),
      older_(at(capacity_)) {}

float* RowCache::find(std::int64_t key) {
    const std::int64_t slot = slot_of_[at(key)];
    if (slot == none) return nullptr;
    unlink(slot);
    link_newest(slot);
    return row(slot);
}

float* RowCache::insert(std::int64_t key) {
    std::int64_t slot = used_;
    if (used_ < capacity_) {
        ++used_;
    } else {
        slot = oldest_;
        slot_of_[at(key_of_[at(slot)])] = none;
        unlink(slot);
    }
    slot_of_[at(key)] = slot;
    key_of_[at(slot)] = key;
    link_newest(slot);
    return row(slot);
}

void RowCache::clear() {
    std::fill(slot_of_.begin(), slot_of_.end(), none);
    used_ = 0;
    newest_ = oldest_ = none;
}

void RowCache::unlink(std::int64_t slot) {
    const std::int64_t newer = newer_[at(slot)], older = older_[at(slot)];
    (newer == none ? newest_ : older_[at(newer)]) = older;
    (older == none ? oldest_ : newer_[at(older)]) = newer;
}

void RowCache::link_newest(std::int64_t slot) {
    newer_[at(slot)] = none;
    older_[at(slot)] = newest_;
    (newest_ == none ? oldest_ : newer_[at(newest_)]) = slot;
    newest_ = slot;
}

}  // namespace emulsion::baseline
