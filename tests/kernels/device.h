// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Where plans are run: in the host's memory, or in that of a device, which the host sees through copies
// alone.
#pragma once

#include <memory>
#include <string>

#include "kernels/accelerator.h"
#include "tests/kernels/memory.h"

namespace emulsion::kernels::tests {

/// A device that is not the CPU, and its memory between guards.
class Device {
   public:
    virtual ~Device() = default;

    virtual void* allocate(std::size_t bytes) = 0;
    virtual void release(void*) noexcept = 0;
    virtual void send(void* to, std::span<const std::byte> from) = 0;
    /// Waits for what the device has been asked to do.
    virtual void fetch(std::span<std::byte> to, const void* from) = 0;
    virtual void* stream() const = 0;
    /// Which guards were written over since the last call: "beyond the end of a buffer of 400 bytes"; "" if
    /// none.
    virtual std::string damage() = 0;
};

/// The first device of a kind, opened at the first request and kept; null for the CPU. Throws NoDevice.
Device* device(DeviceKind);

/// Whether there is one; `why_none` (may be null) gets the reason where there is none.
bool is_there(DeviceKind, std::string* why_none = nullptr);

/// A device over an accelerator whose memory the host does not see.
std::unique_ptr<Device> make_device(std::unique_ptr<Accelerator>);

/// A buffer that a plan works in and a test looks at. On the CPU both have the same one; on a device the test
/// has a copy, guards of its own around it, which it sends before a run and fetches after it.
class Buffer {
   public:
    explicit Buffer(Device* = nullptr, std::size_t bytes = 0);

    void* data() { return device_ != nullptr ? there_.get() : here_.data(); }  ///< for the plan
    std::span<std::byte> span() { return here_.span(); }                       ///< for the test
    std::span<const std::byte> span() const { return here_.span(); }
    void poison() { here_.poison(); }
    bool guards_intact() const { return here_.guards_intact(); }

    void send();
    void fetch();

   private:
    struct Release {
        Device* device;
        void operator()(void* memory) const noexcept { device->release(memory); }
    };

    Device* device_;
    GuardedBuffer here_;
    std::unique_ptr<void, Release> there_;
};

}  // namespace emulsion::kernels::tests
