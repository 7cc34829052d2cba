// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What the engine asks of a device: memory, copies, and a stream to run plans on.
#pragma once

#include <cstddef>
#include <memory>

#include "emulsion/options.h"

namespace emulsion {

/// Memory of a device, aligned to 64 bytes or better and zero at first; freed with its last owner.
struct Memory {
    void* data = nullptr;
    std::size_t bytes = 0;

    std::byte* at(std::size_t offset) const { return static_cast<std::byte*>(data) + offset; }
};

class Device {
   public:
    virtual ~Device() = default;
    /// Error(failure) with the size if there is not enough.
    virtual std::shared_ptr<Memory> allocate(std::size_t bytes) = 0;
    virtual void copy_in(void* to, const void* from, std::size_t bytes) = 0;
    virtual void copy_out(void* to, const void* from, std::size_t bytes) = 0;
    virtual void zero(void* at, std::size_t bytes) = 0;
    /// Waits until all that was asked of the stream is done.
    virtual void synchronise() = 0;
    virtual const kernels::Stream& stream() const = 0;
};

/// Opens a device with a thread team of its own. Error(device) if it is not there or not built in.
std::unique_ptr<Device> open_device(const DeviceId&, int threads);

}  // namespace emulsion
