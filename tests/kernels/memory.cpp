// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/memory.h"

#include <cstdint>

namespace emulsion::kernels::tests {
namespace {

constexpr std::size_t guard = 256;  // four cache lines: more than the widest vector store oversteps
constexpr std::size_t alignment = 64;

constexpr std::byte pattern(std::size_t i) {
    return i % 2 == 0 ? std::byte{0xC3} : std::byte{0xFF};
}

}  // namespace

// The data starts one alignment past a multiple of two, so that a kernel that takes more than the promised
// alignment for granted faults.
GuardedBuffer::GuardedBuffer(std::size_t bytes) : storage_(bytes + 2 * guard + 3 * alignment), bytes_(bytes) {
    const auto address = reinterpret_cast<std::uintptr_t>(storage_.data());
    const std::uintptr_t first = address + guard;
    offset_ = (first + 2 * alignment - 1) / (2 * alignment) * (2 * alignment) + alignment - address;
    if (offset_ >= guard + 2 * alignment) offset_ -= 2 * alignment;
    for (std::size_t i = 0; i < storage_.size(); ++i) storage_[i] = pattern(i - offset_);
}

void GuardedBuffer::poison() {
    for (std::size_t i = 0; i < bytes_; ++i) storage_[offset_ + i] = pattern(i);
}

bool GuardedBuffer::guards_intact() const {
    const auto untouched = [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i)
            if (storage_[i] != pattern(i - offset_)) return false;
        return true;
    };
    return untouched(0, offset_) && untouched(offset_ + bytes_, storage_.size());
}

}  // namespace emulsion::kernels::tests
