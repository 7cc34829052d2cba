// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/emulator/pages.h"

#include <sys/mman.h>

#include <new>

namespace emulsion::kernels::emulated {

std::byte* take_pages(std::size_t bytes) {
    void* const pages =
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (pages == MAP_FAILED) throw std::bad_alloc();
    return static_cast<std::byte*>(pages);
}

void release_pages(void* pages, std::size_t bytes) noexcept {
    munmap(pages, bytes);
}

void drop_pages(void* pages, std::size_t bytes) noexcept {
    madvise(pages, bytes, MADV_DONTNEED);
}

void guard_pages(void* pages, std::size_t bytes) {
    if (mprotect(pages, bytes, PROT_NONE) != 0) throw std::bad_alloc();
}

}  // namespace emulsion::kernels::emulated
