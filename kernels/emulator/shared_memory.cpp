// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/emulator/shared_memory.h"

#include <algorithm>
#include <numeric>

#include "kernels/emulator/emulator.h"
#include "kernels/emulator/fence.h"
#include "kernels/emulator/log.h"
#include "kernels/emulator/sanitizer.h"

namespace emulsion::kernels::emulated {
namespace {

constexpr std::size_t alignment = 128;

std::size_t rounded_up(std::size_t n) {
    return (n + alignment - 1) / alignment * alignment;
}

}  // namespace

std::size_t SharedMemory::allowed() {
    constexpr std::size_t around_arrays = fence + most_arrays * (alignment + fence);
    return std::min(settings().shared_bytes, bytes - around_arrays);
}

SharedMemory::~SharedMemory() {
    allow(memory_, bytes);
}

bool SharedMemory::holds(const void* at, std::size_t count) const {
    const auto offset = static_cast<std::size_t>(static_cast<const std::byte*>(at) - memory_);
    return offset < bytes && count <= bytes - offset;
}

void SharedMemory::start_block(std::size_t dynamic) {
    count_ = 0;
    used_ = fence;
    allow(memory_, fence);
    raise_fence(memory_, memory_ + fence);
    forbid(memory_, bytes);
    place(nullptr, dynamic);
}

void* SharedMemory::array(const SharedArray& declared) {
    for (std::size_t i = 0; i < count_; ++i)
        if (arrays_[i].declared == &declared) return arrays_[i].begin;
    const std::size_t total =
        std::accumulate(arrays_.begin(), arrays_.begin() + count_, declared.bytes,
                        [](std::size_t sum, const Array& array) { return sum + array.bytes; });
    if (total > allowed()) {
        std::string text = "with " + name({&declared, nullptr, 0}) + " it uses " + std::to_string(total) +
                           " bytes of shared memory, " + std::to_string(allowed()) + " are allowed";
        fault("too much shared memory", std::move(text));
    }
    if (count_ == arrays_.size()) fault("too many shared arrays", std::to_string(count_));
    return place(&declared, declared.bytes);
}

/// The fence begins right behind the array's last byte.
void* SharedMemory::place(const SharedArray* declared, std::size_t size) {
    std::byte* const begin = memory_ + used_;
    std::byte* const end = begin + rounded_up(size) + fence;
    used_ = static_cast<std::size_t>(end - memory_);
    allow(begin, static_cast<std::size_t>(end - begin));
    std::fill_n(begin, size, poison);
    raise_fence(begin + size, end);
    forbid(begin + size, static_cast<std::size_t>(end - begin) - size);
    log_shared_array(begin, size);
    arrays_[count_++] = {declared, begin, size};
    return begin;
}

std::string SharedMemory::name(const Array& array) {
    if (array.declared == nullptr) return "the dynamic shared memory";
    return std::string("`") + array.declared->name + "` (" + array.declared->place.file + ":" +
           std::to_string(array.declared->place.line) + ")";
}

std::string SharedMemory::damage() const {
    allow(memory_, used_);
    if (!fence_stands(memory_, memory_ + fence)) return "before " + name(arrays_[0]);
    for (std::size_t i = 0; i < count_; ++i) {
        const std::byte* const end = arrays_[i].begin + arrays_[i].bytes;
        const std::byte* const next = i + 1 < count_ ? arrays_[i + 1].begin : memory_ + used_;
        if (!fence_stands(end, next)) return "beyond " + name(arrays_[i]);
    }
    return "";
}

std::string SharedMemory::describe(const void* at) const {
    const auto* const byte = static_cast<const std::byte*>(at);
    for (std::size_t i = count_; i-- > 0;) {
        if (byte < arrays_[i].begin) continue;
        const auto offset = static_cast<std::size_t>(byte - arrays_[i].begin);
        if (offset < arrays_[i].bytes) return "byte " + std::to_string(offset) + " of " + name(arrays_[i]);
        return std::to_string(offset - arrays_[i].bytes) + " bytes beyond the end of " + name(arrays_[i]);
    }
    return "before " + name(arrays_[0]);
}

}  // namespace emulsion::kernels::emulated
