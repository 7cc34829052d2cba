// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A launch: the blocks of a grid, spread over the threads that the queue lends.
#pragma once

#include <tuple>
#include <type_traits>
#include <utility>

#include "kernels/cuda/queue.h"
#include "kernels/emulator/multiprocessor.h"

namespace emulsion::kernels::emulated {

/// Returns when all blocks have ended. Throws LaunchError if CUDA would refuse the launch, or at the first
/// fault of a block.
void run_grid(const Launch&, const Queue&, const Call&);

}  // namespace emulsion::kernels::emulated
