// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Guarded memory where an implementation computes: the host's, or a device's.
#pragma once

#include <memory>
#include <span>

#include "kernels/accelerator.h"

namespace emulsion::kernels::tests {

class DeviceBuffer {
   public:
    virtual ~DeviceBuffer() = default;

    /// For plans; not to be followed by the host.
    virtual void* data() = 0;
    virtual std::size_t size() const = 0;

    /// What lies there now; to be used before the next call of read() or write().
    virtual std::span<const std::byte> read() const = 0;
    /// Fills the first bytes.
    virtual void write(std::span<const std::byte>) = 0;
    virtual void fill(std::byte) = 0;
    /// NaN in every type.
    virtual void poison() = 0;
    virtual bool guards_intact() const = 0;
};

std::unique_ptr<DeviceBuffer> make_buffer(DeviceKind, std::size_t bytes);

enum class Guards { ours, none };

/// On a device whose memory the host cannot reach. Under compute-sanitizer guards of ours would hide from it
/// what is read just beyond a buffer, so where the environment says EMULSION_UNGUARDED there are none.
std::unique_ptr<DeviceBuffer> make_buffer(Accelerator&, std::size_t bytes, Guards);

}  // namespace emulsion::kernels::tests
