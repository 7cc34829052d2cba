// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/device.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "kernels/emulator/emulator.h"

namespace emulsion::kernels::tests {
namespace {

/// Buffers are as long as asked for, so that AddressSanitizer and the access log stop at the first byte
/// beyond; the emulator has fences of its own.
class Emulator final : public Device {
   public:
    void* allocate(std::size_t bytes) override {
        void* const memory = emulated::allocate(bytes, emulated::Content::poison);
        if (memory == nullptr) throw KernelError("the emulated device is out of memory");
        return memory;
    }
    void release(void* memory) noexcept override { emulated::release(memory); }
    void send(void* to, std::span<const std::byte> from) override {
        std::copy(from.begin(), from.end(), static_cast<std::byte*>(to));
    }
    void fetch(std::span<std::byte> to, const void* from) override {
        std::copy_n(static_cast<const std::byte*>(from), to.size(), to.begin());
    }
    void* stream() const override { return nullptr; }
    std::string damage() override { return emulated::memory_damage(); }
};

/// A buffer is  room to misalign | guard | data | guard, and starts, as on the host, one alignment past
/// a multiple of two.
class Card final : public Device {
   public:
    explicit Card(std::unique_ptr<Accelerator> accelerator) : accelerator_(std::move(accelerator)) {}

    void* allocate(std::size_t bytes) override {
        auto* const base = static_cast<std::byte*>(accelerator_->allocate(before + bytes + guard));
        const std::vector<std::byte> pattern(before + bytes + guard, mark);
        accelerator_->copy_in(base, pattern.data(), pattern.size());
        buffers_[base + before] = bytes;
        return base + before;
    }
    void release(void* memory) noexcept override {
        buffers_.erase(static_cast<std::byte*>(memory));
        accelerator_->release(static_cast<std::byte*>(memory) - before);
    }
    void send(void* to, std::span<const std::byte> from) override {
        accelerator_->copy_in(to, from.data(), from.size());
    }
    void fetch(std::span<std::byte> to, const void* from) override {
        accelerator_->copy_out(to.data(), from, to.size());
    }
    void* stream() const override { return accelerator_->stream(); }

    std::string damage() override {
        std::string found;
        const auto note = [&](const char* where, std::size_t bytes) {
            found += (found.empty() ? "" : "; ") + (where + std::to_string(bytes)) + " bytes";
        };
        for (const auto& [data, bytes] : buffers_) {
            if (!marked(data - guard)) note("before the start of a buffer of ", bytes);
            if (!marked(data + bytes)) note("beyond the end of a buffer of ", bytes);
        }
        return found;
    }

   private:
    static constexpr std::size_t guard = 256, alignment = 64, before = guard + alignment;
    static constexpr std::byte mark{0xFF};  // NaN in every type

    bool marked(const std::byte* at) {
        std::vector<std::byte> bytes(guard);
        accelerator_->copy_out(bytes.data(), at, guard);
        return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == mark; });
    }

    std::unique_ptr<Accelerator> accelerator_;
    std::map<std::byte*, std::size_t> buffers_;
};

std::unique_ptr<Device> open(DeviceKind kind) {
    if (kind == DeviceKind::cpu) return nullptr;
    if (kind == DeviceKind::emulated) return std::make_unique<Emulator>();
    return make_device(open_accelerator(kind, 0));
}

}  // namespace

Device* device(DeviceKind kind) {
    // Never closed: the driver may be gone when static objects are destroyed.
    static auto& opened = *new std::map<DeviceKind, std::unique_ptr<Device>>;
    auto entry = opened.find(kind);
    if (entry == opened.end()) entry = opened.emplace(kind, open(kind)).first;
    return entry->second.get();
}

bool is_there(DeviceKind kind, std::string* why_none) {
    static std::string why;
    static const bool card = !accelerators(DeviceKind::cuda, &why).empty();
    if (kind != DeviceKind::cuda || card) return true;
    if (why_none != nullptr) *why_none = why;
    return false;
}

std::unique_ptr<Device> make_device(std::unique_ptr<Accelerator> accelerator) {
    return std::make_unique<Card>(std::move(accelerator));
}

Buffer::Buffer(Device* device, std::size_t bytes)
    : device_(device),
      here_(bytes),
      there_(device != nullptr ? device->allocate(bytes) : nullptr, Release{device}) {}

void Buffer::send() {
    if (device_ != nullptr) device_->send(there_.get(), here_.span());
}

void Buffer::fetch() {
    if (device_ != nullptr) device_->fetch(here_.span(), there_.get());
}

}  // namespace emulsion::kernels::tests
