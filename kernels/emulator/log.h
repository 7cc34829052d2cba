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

void log_device_memory(const std::byte* begin, std::size_t bytes);
void log_allocated(const void*, std::size_t bytes);
void log_released(const void*, std::size_t bytes);
/// Whoever looks at another's stack, or at the host's memory but for these arguments, is at fault.
void log_launch(const void* arguments, std::size_t bytes, const std::byte* stacks, std::size_t stack_bytes,
                const std::byte* shared);
void log_block();
void log_shared_array(const void*, std::size_t bytes);
/// The running thread opened the barrier that all threads of the block have reached.
void log_barrier();
void log_warp_barrier(const Warp&, std::uint32_t mask);
/// By a thread, on behalf of the instruction that returns to `pc`.
void log_access(const Thread&, const void* at, std::size_t bytes, Access, const void* pc);

}  // namespace emulsion::kernels::emulated
