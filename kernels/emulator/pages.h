// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Whole pages from the operating system, which gives memory to those alone that are touched.
#pragma once

#include <cstddef>

namespace emulsion::kernels::emulated {

/// 4 KiB on x86-64, 4, 16 or 64 KiB on aarch64.
std::size_t page_size();
std::size_t whole_pages(std::size_t bytes);  ///< rounded up

/// A range of zeroed pages, given back at the end. Throws std::bad_alloc.
class Pages {
   public:
    explicit Pages(std::size_t bytes);
    ~Pages();
    Pages(const Pages&) = delete;
    Pages& operator=(const Pages&) = delete;

    std::byte* begin() const { return begin_; }

   private:
    const std::size_t bytes_;
    std::byte* const begin_;
};

/// Gives their memory back and keeps the addresses; the pages are zero again.
void drop_pages(void*, std::size_t bytes) noexcept;
/// From now on whoever touches them is stopped by the hardware. False: the system has no mapping left for it.
bool guard_pages(void*, std::size_t bytes) noexcept;

}  // namespace emulsion::kernels::emulated
