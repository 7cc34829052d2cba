// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

namespace emulsion::kernels::emulated {

/// Takes the addresses of all device memory, which its first use does otherwise. Throws std::bad_alloc.
void reserve_memory();

/// "byte 12 of a buffer of 400 bytes", "4 bytes beyond the end of a buffer of 400 bytes".
std::string describe_device_memory(const std::byte*);

}  // namespace emulsion::kernels::emulated
