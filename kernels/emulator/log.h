// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What the access log is told. log.cpp keeps it; in builds without one, no_log.cpp forgets it.
#pragma once

#include <cstddef>

#include "kernels/emulator/thread.h"

namespace emulsion::kernels::emulated {

enum class Access : unsigned char {
    read,
    write,
    atomic,
    copy_asked,   ///< an asynchronous copy will write there, nobody knows when
    copy_landed,  ///< it has
};

class SharedMemory;

struct LoggedLaunch {
    std::uint64_t blocks;
    const void* arguments;
    std::size_t argument_bytes;
    const std::byte* stacks;  ///< of all threads a block may have
    const SharedMemory* shared;
};

void log_device_memory(const std::byte* begin, std::size_t bytes);
void log_allocated(const std::byte* begin, std::size_t bytes);
void log_released(const std::byte* begin, std::size_t bytes);
/// One launch at a time.
void log_launch(const LoggedLaunch&);
void log_block(std::uint64_t number);
void log_shared_array(const std::byte* begin, std::size_t bytes);
/// All threads of the block have met.
void log_barrier();
void log_warp_barrier(const Warp&, std::uint32_t mask);
/// By a thread of the block that runs, in the instruction that returns to `pc`. A fault where it may not.
void log_access(const Thread&, const void* at, std::size_t bytes, Access, const void* pc);

}  // namespace emulsion::kernels::emulated
