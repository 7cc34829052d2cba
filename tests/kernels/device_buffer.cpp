// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/device_buffer.h"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <vector>

#include "kernels/emulator/emulator.h"
#include "tests/kernels/card.h"
#include "tests/kernels/memory.h"

namespace emulsion::kernels::tests {
namespace {

class HostBuffer final : public DeviceBuffer {
   public:
    explicit HostBuffer(std::size_t bytes) : memory_(bytes) {}
    void* data() override { return memory_.data(); }
    std::size_t size() const override { return memory_.span().size(); }
    std::span<const std::byte> read() const override { return memory_.span(); }
    void write(std::span<const std::byte> bytes) override {
        std::copy(bytes.begin(), bytes.end(), memory_.data());
    }
    void fill(std::byte value) override { std::fill_n(memory_.data(), size(), value); }
    void poison() override { memory_.poison(); }
    bool guards_intact() const override { return memory_.guards_intact(); }

   private:
    GuardedBuffer memory_;
};

/// The host reaches the emulator's memory as its own. Beyond the fences that guards_intact() looks at, the
/// sanitizer and the access log stop a kernel where it leaves such a buffer.
class EmulatedBuffer final : public DeviceBuffer {
   public:
    explicit EmulatedBuffer(std::size_t bytes)
        : memory_(static_cast<std::byte*>(emulated::allocate(bytes, emulated::Content::poison))),
          size_(bytes) {
        if (memory_ == nullptr) throw std::runtime_error("the emulated device is out of memory");
    }
    ~EmulatedBuffer() override { emulated::release(memory_); }
    EmulatedBuffer(const EmulatedBuffer&) = delete;
    EmulatedBuffer& operator=(const EmulatedBuffer&) = delete;

    void* data() override { return memory_; }
    std::size_t size() const override { return size_; }
    std::span<const std::byte> read() const override { return {memory_, size_}; }
    void write(std::span<const std::byte> bytes) override { std::copy(bytes.begin(), bytes.end(), memory_); }
    void fill(std::byte value) override { std::fill_n(memory_, size_, value); }
    void poison() override { fill(emulated::poison); }
    bool guards_intact() const override { return emulated::fences_stand(memory_); }

   private:
    std::byte* const memory_;
    const std::size_t size_;
};

/// On the device a buffer is  room | guard | data | guard, and its data starts, as on the host, one alignment
/// past a multiple of two. The host has a copy of data and guards.
class CardBuffer final : public DeviceBuffer {
   public:
    CardBuffer(Accelerator& card, std::size_t bytes, Guards guards)
        : card_(card),
          room_(guards == Guards::ours ? 64 : 0),
          guard_(guards == Guards::ours ? 256 : 0),
          size_(bytes),
          memory_(static_cast<std::byte*>(card.allocate(room_ + bytes + 2 * guard_))),
          copy_(bytes + 2 * guard_, mark) {
        card_.copy_in(memory_ + room_, copy_.data(), copy_.size());
    }
    ~CardBuffer() override { card_.release(memory_); }
    CardBuffer(const CardBuffer&) = delete;
    CardBuffer& operator=(const CardBuffer&) = delete;

    void* data() override { return memory_ + room_ + guard_; }
    std::size_t size() const override { return size_; }
    std::span<const std::byte> read() const override {
        card_.copy_out(copy_.data(), memory_ + room_, copy_.size());
        return std::span<const std::byte>(copy_).subspan(guard_, size_);
    }
    void write(std::span<const std::byte> bytes) override {
        card_.copy_in(data(), bytes.data(), bytes.size());
    }
    void fill(std::byte value) override { write(std::vector<std::byte>(size(), value)); }
    void poison() override { fill(mark); }
    bool guards_intact() const override {
        read();
        const auto marked = [](std::byte b) { return b == mark; };
        const std::span<const std::byte> all(copy_);
        return std::ranges::all_of(all.first(guard_), marked) &&
               std::ranges::all_of(all.last(guard_), marked);
    }

   private:
    static constexpr std::byte mark{0xFF};  // NaN in every type

    Accelerator& card_;
    const std::size_t room_, guard_, size_;
    std::byte* const memory_;
    mutable std::vector<std::byte> copy_;
};

}  // namespace

std::unique_ptr<DeviceBuffer> make_buffer(Accelerator& card, std::size_t bytes, Guards guards) {
    return std::make_unique<CardBuffer>(card, bytes, guards);
}

std::unique_ptr<DeviceBuffer> make_buffer(DeviceKind kind, std::size_t bytes) {
    switch (kind) {
        case DeviceKind::cpu:
            return std::make_unique<HostBuffer>(bytes);
        case DeviceKind::emulated:
            return std::make_unique<EmulatedBuffer>(bytes);
        case DeviceKind::cuda:
            return make_buffer(card(), bytes,
                               std::getenv("EMULSION_UNGUARDED") == nullptr ? Guards::ours : Guards::none);
    }
    throw std::runtime_error("no buffers on " + std::string(name(kind)));
}

}  // namespace emulsion::kernels::tests
