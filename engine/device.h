// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What the engine asks of a device: memory, copies, and to run plans on its stream. Work may be done later
// than it was asked for, in order; only copy_out, synchronise and time wait. Memory is the device's own:
// the host reaches it by copies alone.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "emulsion/error.h"
#include "emulsion/options.h"
#include "kernels/accelerator.h"

namespace emulsion {

/// Memory of a device, aligned to 64 bytes or better and zero at first; freed with its last owner.
struct Memory {
    void* data = nullptr;
    std::size_t bytes = 0;

    std::byte* at(std::size_t offset) const { return static_cast<std::byte*>(data) + offset; }
};

/// A device other than the CPU has less memory left than a block needs. Who knows the plan says more.
class OutOfDeviceMemory : public Error {
   public:
    explicit OutOfDeviceMemory(const std::string& message) : Error(Kind::failure, message) {}
};

/// All members throw Error(failure) if the device fails, with its name and what it says; the failure may be
/// that of work asked for earlier.
class Device {
   public:
    virtual ~Device() = default;
    virtual const DeviceId& id() const = 0;
    /// What the bits of a result depend on: "cpu, 2 threads", "cuda (NVIDIA H100, sm_90)".
    virtual std::string description() const = 0;
    /// What times depend on: as the description, with the make of the processor or the driver.
    virtual std::string fingerprint() const = 0;
    /// Whether kernels read host memory where it lies, as a mapped file.
    virtual bool reads_host_memory() const = 0;
    virtual std::size_t free_bytes() const = 0;

    /// Error(failure) with the size if there is not enough; OutOfDeviceMemory off the CPU.
    virtual std::shared_ptr<Memory> allocate(std::size_t bytes) = 0;
    virtual void copy_in(void* to, const void* from, std::size_t bytes) = 0;
    virtual void copy_out(void* to, const void* from, std::size_t bytes) = 0;
    virtual void zero(void* at, std::size_t bytes) = 0;
    /// Waits until all that was asked of the stream is done.
    virtual void synchronise() = 0;
    virtual const kernels::Stream& stream() const = 0;

    /// Runs `work`, which asks for plans to be run and for nothing else. A device that can records it under
    /// `recording` (null at first), and from the third time on starts that instead of calling `work`: so one
    /// recording always stands for the same steps with the same pointers. A lambda that captures two pointers
    /// takes no memory.
    virtual void run(std::unique_ptr<kernels::Recording>& recording, const std::function<void()>& work) = 0;
    void run_once(const std::function<void()>& work);
    /// Milliseconds that `work` takes. Waits; records nothing.
    virtual double time(const std::function<void()>& work) = 0;

    /// As of kernels::Accelerator; nothing on the CPU.
    virtual void begin_range(const char* /*name*/) noexcept {}
    virtual void end_range() noexcept {}

    /// Where what this device does is recorded; null: nowhere.
    Trace* trace() const { return trace_.get(); }
    void trace_to(std::shared_ptr<Trace> trace) { trace_ = std::move(trace); }

   private:
    std::shared_ptr<Trace> trace_;
};

/// Opens a device, with a thread team of its own where the CPU does the work. Error(device) with the reason
/// if it is not there or not built in.
std::unique_ptr<Device> open_device(const DeviceId&, int threads);

/// A device over an accelerator that is open already.
std::unique_ptr<Device> make_device(const DeviceId&, std::unique_ptr<kernels::Accelerator>, int threads);

/// The fast CPU folder's team, or one of our own where it was not built.
std::unique_ptr<kernels::Threads> team_of(int threads);

}  // namespace emulsion
