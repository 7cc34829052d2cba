// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Where a launch goes, and what it is. C++17, as nvcc compiles it.
//
// This folder is compiled once for each device that runs it: EMULSION_CUDA_DEVICE is `cuda` where nvcc does,
// `emulated` where the emulator will run what comes out. Each has a namespace of that name.
#pragma once

#include <cstddef>
#include <string>

#include "kernels/error.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {

/// On a GPU, the stream that a launch joins. On the emulator, the team of threads that runs its blocks,
/// before the launch returns.
struct Queue {
    void* stream = nullptr;  ///< a cudaStream_t
    void* team = nullptr;
    int team_size = 1;
    /// Calls task(context, i) for each i in [0, tasks), spread over the team.
    void (*spread)(void* team, int tasks, void (*task)(void* context, int index), void* context) = nullptr;
};

/// Extents of a grid or a block.
struct Extent3 {
    unsigned x = 1, y = 1, z = 1;

    Extent3(std::size_t width = 1, std::size_t height = 1, std::size_t depth = 1)
        : x(static_cast<unsigned>(width)),
          y(static_cast<unsigned>(height)),
          z(static_cast<unsigned>(depth)) {}
    std::size_t count() const { return std::size_t{x} * y * z; }
};

/// One launch: the kernel's name for people, how many blocks of how many threads, and who asked.
struct Launch {
    const char* kernel;
    Extent3 grid, block;
    std::size_t shared_bytes = 0;  ///< dynamic shared memory
    const char* file = __builtin_FILE();
    int line = __builtin_LINE();
};

/// A launch that was refused or that went wrong.
class LaunchError : public KernelError {
   public:
    using KernelError::KernelError;
};

/// What to do about an error of CUDA's that people meet: "; run ...", or "".
const char* hint(const std::string& code);

/// Throws LaunchError "FILE:LINE: kernel NAME, grid 1x2x3 of blocks 256x1x1: CODE: TEXT", and a hint where
/// the code is one that people meet.
[[noreturn]] void throw_launch_error(const Launch&, const std::string& code, const std::string& text);

inline constexpr unsigned warp_size = 32;

/// Blocks of `block` threads that cover `count` items.
constexpr std::size_t blocks_for(std::size_t count, std::size_t block) {
    return (count + block - 1) / block;
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
