// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Whole pages from the operating system, which gives memory to those alone that are touched.
#pragma once

#include <cstddef>

namespace emulsion::kernels::emulated {

inline constexpr std::size_t page = 4096;

/// Zeroed. Throws std::bad_alloc.
std::byte* take_pages(std::size_t bytes);
void release_pages(void*, std::size_t bytes) noexcept;
/// Gives their memory back and keeps the addresses; the pages are zero again.
void drop_pages(void*, std::size_t bytes) noexcept;
/// From now on whoever touches them is stopped by the hardware.
void guard_pages(void*, std::size_t bytes);

}  // namespace emulsion::kernels::emulated
