// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/emulator/emulator.h"
#include "kernels/emulator/log.h"

namespace emulsion::kernels::emulated {

bool logs_accesses() {
    return false;
}
void log_device_memory(const std::byte*, std::size_t) {}
void log_allocated(const std::byte*, std::size_t) {}
void log_released(const std::byte*, std::size_t) {}
void log_launch(const LoggedLaunch&) {}
void log_block(std::uint64_t) {}
void log_shared_array(const std::byte*, std::size_t) {}
void log_barrier() {}
void log_warp_barrier(const Warp&, std::uint32_t) {}
void log_access(const Thread&, const void*, std::size_t, Access, const void*) {}

}  // namespace emulsion::kernels::emulated
