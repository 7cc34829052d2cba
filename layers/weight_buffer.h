// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Memory for weights that lie in no file: fresh ones, and copies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace emulsion {

/// One block from which spans of floats are cut, each starting on 64 bytes. Zero at first.
class WeightBuffer {
   public:
    /// What a span of `count` floats takes of the block.
    static std::size_t padded(std::int64_t count);

    /// A block of `floats`, the sum of the padded counts of all spans.
    explicit WeightBuffer(std::size_t floats);

    std::span<float> cut(std::int64_t count);
    /// Keeps the block alive.
    std::shared_ptr<const void> owner() const { return block_; }

   private:
    std::shared_ptr<float> block_;
    std::size_t used_ = 0;
};

}  // namespace emulsion
