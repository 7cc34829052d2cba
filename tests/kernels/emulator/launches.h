// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/cuda/queue.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {

void launch_nothing(Extent3 grid, Extent3 block, std::size_t shared, const Queue&);

/// A block of 32 KiB of static shared memory besides.
void use_shared_memory(std::size_t dynamic, float* out, const Queue&);

inline constexpr int turn_blocks = 7, turn_threads = 48;
/// turns[i] gets the number, over all blocks, of the thread that ran as the i-th.
void note_turns(int* next, int* turns, const Queue&);

/// Some arithmetic, in blocks that exchange data.
void scramble(float* data, int count, const Queue&);

/// A divergent barrier.
void diverge(float* data, const Queue&);

/// In each block 1024 threads wait with four kilobytes of local memory each.
void use_stack(float* out, int blocks, const Queue&);

/// The lanes of a warp meet that often.
void meet_often(float* data, int rounds, const Queue&);

// For measurements (speed.cpp): blocks of 256 threads.
void wait_often(float* data, int rounds, const Queue&);
void exchange_often(float* data, int rounds, const Queue&);
void write_once(float* data, int blocks, const Queue&);

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
