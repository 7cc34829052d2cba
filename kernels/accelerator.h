// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A device that is not the CPU: memory of its own, and a stream on which work is done in order, later than it
// was asked for. GPUs (kernels/cuda/accelerator.cpp) and the emulator (kernels/emulator/accelerator.cpp).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernels/kernels.h"

namespace emulsion::kernels {

/// The device does not exist, or nothing here can drive it; what() says why in one line.
class NoDevice : public KernelError {
   public:
    using KernelError::KernelError;
};

/// The device has less memory left than was asked for.
class OutOfMemory : public KernelError {
   public:
    OutOfMemory(const std::string& message, std::size_t free) : KernelError(message), free_bytes(free) {}
    std::size_t free_bytes;  ///< what it had left
};

struct AcceleratorInfo {
    std::string name;             ///< "NVIDIA GeForce GTX 780 Ti, sm_35", "emulator"
    std::size_t memory = 0;       ///< bytes in all
    std::string driver, runtime;  ///< versions, "" where there is none
    int index = 0;                ///< for open_accelerator: of several cards some may be of no use
};

/// Work of one shape that is asked for again and again, always with the same pointers. A GPU records it once
/// as a graph, which then starts whole.
class Recording {
   public:
    virtual ~Recording() = default;
};

/// To be used by one thread at a time; a GPU makes its card the calling thread's current one, and leaves it
/// so. All members throw KernelError if the device fails, with the kernel or call that failed and a hint; the
/// failure may be that of work asked for earlier.
class Accelerator {
   public:
    virtual ~Accelerator() = default;

    virtual const AcceleratorInfo& info() const = 0;
    virtual std::size_t free_bytes() const = 0;

    /// Zeroed memory, aligned to 256 bytes. Throws OutOfMemory.
    virtual void* allocate(std::size_t bytes) = 0;
    virtual void release(void*) noexcept = 0;

    /// Joins the stream. `from` may be written again as soon as this returns; it is staged in pinned memory.
    virtual void copy_in(void* to, const void* from, std::size_t bytes) = 0;
    /// Waits for the stream, and for the copy.
    virtual void copy_out(void* to, const void* from, std::size_t bytes) = 0;
    virtual void zero(void* at, std::size_t bytes) = 0;
    virtual void synchronise() = 0;
    /// For Stream::native.
    virtual void* stream() const = 0;

    /// Runs `work`, which asks for plans to be run and for nothing else. The first time it runs as it is, so
    /// that whatever loads lazily is loaded; the second time it is recorded; from then on the recording runs
    /// and `work` is not called. `recording` is null at first and is the caller's to keep.
    virtual void run(std::unique_ptr<Recording>& recording, const std::function<void()>& work) = 0;
    /// Milliseconds that `work` takes on the device. Waits.
    virtual double time(const std::function<void()>& work) = 0;

    /// Ranges of the calling thread in the timeline of the device's profiler (NVTX of Nsight's), where it has
    /// one; end_range() closes the one opened last. They may stand inside `work`.
    virtual void begin_range(const char* /*name*/) noexcept {}
    virtual void end_range() noexcept {}
};

/// Opens device `index` of a kind other than cpu. Throws NoDevice.
std::unique_ptr<Accelerator> open_accelerator(DeviceKind, int index);

/// The devices of a kind that open_accelerator would open; `why_not` (may be null) gets the reason where
/// there is none.
std::vector<AcceleratorInfo> accelerators(DeviceKind, std::string* why_not);

// The answers of each kind; where nvcc did not compile kernels/cuda a stub answers.
namespace cuda {
std::unique_ptr<Accelerator> open_accelerator(int index);
std::vector<AcceleratorInfo> accelerators(std::string* why_not);
}  // namespace cuda
namespace emulated {
std::unique_ptr<Accelerator> open_accelerator(int index);
std::vector<AcceleratorInfo> accelerators();
}  // namespace emulated

}  // namespace emulsion::kernels
