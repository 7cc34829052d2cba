// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Memory that notices misuse: guarded on both sides, and full of NaN where nothing was written.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace emulsion::kernels::tests {

/// A buffer aligned to 64 bytes and to no more, between two guards. Guards and poison are a byte pattern
/// that is NaN as f32, as bf16 and as f64, so that what is read from there shows in the result.
class GuardedBuffer {
   public:
    explicit GuardedBuffer(std::size_t bytes = 0);
    GuardedBuffer(GuardedBuffer&&) = default;  // not copied: a copy would lie at another alignment
    GuardedBuffer& operator=(GuardedBuffer&&) = default;

    std::byte* data() { return storage_.data() + offset_; }
    std::span<std::byte> span() { return {data(), bytes_}; }
    std::span<const std::byte> span() const { return {storage_.data() + offset_, bytes_}; }

    void poison();
    bool guards_intact() const;

   private:
    std::vector<std::byte> storage_;
    std::size_t offset_ = 0, bytes_ = 0;
};

}  // namespace emulsion::kernels::tests
