// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/device_buffer.h"

#include <algorithm>
#include <stdexcept>

#include "kernels/emulator/emulator.h"
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

}  // namespace

std::unique_ptr<DeviceBuffer> make_buffer(DeviceKind kind, std::size_t bytes) {
    switch (kind) {
        case DeviceKind::cpu:
            return std::make_unique<HostBuffer>(bytes);
        case DeviceKind::emulated:
            return std::make_unique<EmulatedBuffer>(bytes);
        case DeviceKind::cuda:
            break;
    }
    throw std::runtime_error("no buffers on " + std::string(name(kind)));
}

}  // namespace emulsion::kernels::tests
