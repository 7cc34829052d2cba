// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Device memory: whole pages out of one large range of addresses, taken in order, so that an address comes
// back only after all others were used and stale pointers are noticed. A buffer is
//     fence (256 bytes) | data | fence (256 bytes, and to the end of the page)
#include <algorithm>
#include <iterator>
#include <map>
#include <mutex>
#include <utility>

#include "kernels/emulator/device_memory.h"
#include "kernels/emulator/emulator.h"
#include "kernels/emulator/fence.h"
#include "kernels/emulator/log.h"
#include "kernels/emulator/pages.h"
#include "kernels/emulator/sanitizer.h"

namespace emulsion::kernels::emulated {
namespace {

constexpr std::size_t fence = 256;
constexpr std::size_t addresses = std::size_t{32} << 30;

class DeviceMemory {
   public:
    DeviceMemory() { log_device_memory(space_, addresses); }

    void* allocate(std::size_t bytes, Content content) {
        const std::lock_guard lock(mutex_);
        if (bytes > settings().memory || settings().memory - bytes < used_) return nullptr;
        const std::size_t taken = whole_pages(bytes + 2 * fence);
        std::byte* const pages = find_room(taken);
        if (pages == nullptr) return nullptr;
        next_ = pages + taken;
        used_ += bytes;
        buffers_[pages] = {bytes, taken};
        std::byte* const data = pages + fence;
        allow(pages, taken);
        raise_fence(pages, data);
        raise_fence(data + bytes, pages + taken);
        if (content == Content::poison) std::fill_n(data, bytes, poison);
        forbid(pages, fence);
        forbid(data + bytes, taken - fence - bytes);
        log_allocated(data, bytes);
        return data;
    }

    void release(void* data) {
        const std::lock_guard lock(mutex_);
        const auto buffer = buffers_.find(static_cast<std::byte*>(data) - fence);
        if (buffer == buffers_.end()) {
            note("release() of what is no buffer");
            return;
        }
        const auto [pages, extent] = *buffer;
        look_at(*buffer);
        buffers_.erase(buffer);
        used_ -= extent.bytes;
        log_released(pages + fence, extent.bytes);
        allow(pages, extent.taken);
        drop_pages(pages, extent.taken);
        forbid(pages, extent.taken);
    }

    std::size_t free_bytes() {
        const std::lock_guard lock(mutex_);
        return settings().memory - std::min(settings().memory, used_);
    }

    bool fences_stand(const std::byte* data) {
        const std::lock_guard lock(mutex_);
        const auto [pages, extent] = *buffers_.find(const_cast<std::byte*>(data) - fence);
        return damage_around(pages, extent).empty();
    }

    std::string describe(const std::byte* at) {
        const std::lock_guard lock(mutex_);
        const auto after = buffers_.upper_bound(const_cast<std::byte*>(at));
        if (after == buffers_.begin()) return "device memory that belongs to no buffer";
        const auto [pages, extent] = *std::prev(after);
        const std::ptrdiff_t offset = at - (pages + fence);
        const auto size = static_cast<std::ptrdiff_t>(extent.bytes);
        const std::string buffer = " of a buffer of " + std::to_string(size) + " bytes";
        if (offset < 0) return std::to_string(-offset) + " bytes before the start" + buffer;
        if (offset < size) return "byte " + std::to_string(offset) + buffer;
        return std::to_string(offset - size) + " bytes beyond the end" + buffer;
    }

    std::string damage() {
        const std::lock_guard lock(mutex_);
        for (const auto& buffer : buffers_) look_at(buffer);
        return std::exchange(damage_, {});
    }

   private:
    struct Extent {
        std::size_t bytes, taken;  ///< of the data, of its pages
    };

    /// From `next_` on, and once more from the start. Null: all addresses are taken.
    std::byte* find_room(std::size_t taken) const {
        if (std::byte* const room = find_room(next_, taken)) return room;
        return find_room(space_, taken);
    }
    std::byte* find_room(std::byte* from, std::size_t taken) const {
        auto after = buffers_.lower_bound(from);
        if (after != buffers_.begin()) from = std::max(from, end(*std::prev(after)));
        for (; after != buffers_.end() && static_cast<std::size_t>(after->first - from) < taken; ++after)
            from = end(*after);
        return static_cast<std::size_t>(space_ + addresses - from) < taken ? nullptr : from;
    }
    static std::byte* end(const std::pair<std::byte* const, Extent>& buffer) {
        return buffer.first + buffer.second.taken;
    }

    /// Which of a buffer's fences were written over; "" if none.
    static std::string damage_around(std::byte* pages, const Extent& extent) {
        const std::byte *const data = pages + fence, *const behind = data + extent.bytes;
        allow(pages, extent.taken);
        const char* found = nullptr;
        if (!fence_stands(pages, data)) found = "before the start";
        if (!fence_stands(behind, pages + extent.taken)) found = "beyond the end";
        forbid(pages, fence);
        forbid(behind, extent.taken - fence - extent.bytes);
        if (found == nullptr) return {};  // every wait asks: no memory is taken where all is well
        return std::string(found) + " of a buffer of " + std::to_string(extent.bytes) + " bytes";
    }
    /// Notes damage and mends it, so that it is told once.
    void look_at(const std::pair<std::byte* const, Extent>& buffer) {
        const auto [pages, extent] = buffer;
        const std::string found = damage_around(pages, extent);
        if (found.empty()) return;
        note(found);
        allow(pages, extent.taken);
        raise_fence(pages, pages + fence);
        raise_fence(pages + fence + extent.bytes, pages + extent.taken);
        forbid(pages, fence);
        forbid(pages + fence + extent.bytes, extent.taken - fence - extent.bytes);
    }
    void note(const std::string& text) { damage_ += (damage_.empty() ? "" : "; ") + text; }

    std::mutex mutex_;
    const Pages pages_{addresses};
    std::byte* const space_ = pages_.begin();
    std::byte* next_ = space_;
    std::map<std::byte*, Extent> buffers_;
    std::size_t used_ = 0;
    std::string damage_;
};

/// Never destroyed: static objects elsewhere may still own buffers when it would be.
DeviceMemory& memory() {
    static auto& of_the_process = *new DeviceMemory;
    return of_the_process;
}

}  // namespace

void reserve_memory() {
    memory();
}
void* allocate(std::size_t bytes, Content content) {
    return memory().allocate(bytes, content);
}
void release(void* data) noexcept {
    if (data != nullptr) memory().release(data);
}
std::size_t free_bytes() {
    return memory().free_bytes();
}
bool fences_stand(const void* buffer) {
    return memory().fences_stand(static_cast<const std::byte*>(buffer));
}
std::string describe_device_memory(const std::byte* at) {
    return memory().describe(at);
}
std::string memory_damage() {
    return memory().damage();
}

}  // namespace emulsion::kernels::emulated
