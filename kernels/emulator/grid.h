// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A launch: the blocks of a grid, spread over the threads that the queue lends.
#pragma once

#include "kernels/cuda/queue.h"
#include "kernels/emulator/multiprocessor.h"

namespace emulsion::kernels::emulated {

/// Whoever takes launches instead of running them.
class LaunchSink {
   public:
    virtual ~LaunchSink() = default;
    /// The arguments live only as long as this call.
    virtual void take(const Launch&, const Queue&, const Call&) = 0;
};

/// While it lives, launches of this thread go to a sink, as those of a CUDA stream do while it is captured.
class LaunchCapture {
   public:
    explicit LaunchCapture(LaunchSink&);
    ~LaunchCapture();
    LaunchCapture(const LaunchCapture&) = delete;
    LaunchCapture& operator=(const LaunchCapture&) = delete;
};

/// Returns when all blocks have ended. Throws LaunchError if CUDA would refuse the launch, or at the first
/// fault of a block.
void run_grid(const Launch&, const Queue&, const Call&);

}  // namespace emulsion::kernels::emulated
