// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A bounded store of rows of numbers that forgets the row that was not asked for longest (LRU).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace emulsion::baseline {

/// Rows are known by a key in [0, keys). All have room for `row_length` numbers. Memory is taken in one piece
/// at the start; the system gives its pages when they are first written.
class RowCache {
   public:
    /// Holds at least `least` rows, whatever `bytes` says, and never more than there are keys.
    RowCache(std::int64_t keys, std::int64_t row_length, std::size_t bytes, std::int64_t least);

    std::int64_t capacity() const { return capacity_; }
    /// The row, which counts as asked for now, or null. The pointer is good until capacity() - 1 others have
    /// been asked for.
    float* find(std::int64_t key);
    bool contains(std::int64_t key) const { return slot_of_[static_cast<std::size_t>(key)] != none; }
    /// Room for a row that is not there, in place of the oldest; the caller fills it.
    float* insert(std::int64_t key);
    void clear();
    /// Calls change(row) for each row there is.
    template <class Change>
    void for_each(Change&& change) {
        for (std::int64_t slot = newest_; slot != none; slot = older_[static_cast<std::size_t>(slot)])
            change(row(slot));
    }

   private:
    static constexpr std::int64_t none = -1;
    float* row(std::int64_t slot) const { return rows_.get() + slot * row_length_; }
    void unlink(std::int64_t slot);
    void link_newest(std::int64_t slot);

    std::int64_t row_length_, capacity_, used_ = 0;
    std::unique_ptr<float[]> rows_;
    std::vector<std::int64_t> slot_of_;                 ///< by key
    std::vector<std::int64_t> key_of_, newer_, older_;  ///< by slot
    std::int64_t newest_ = none, oldest_ = none;
};

}  // namespace emulsion::baseline
