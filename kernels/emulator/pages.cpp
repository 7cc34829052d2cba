// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/emulator/pages.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <new>

namespace emulsion::kernels::emulated {
namespace {

std::byte* take_pages(std::size_t bytes) {
    void* const pages =
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (pages == MAP_FAILED) throw std::bad_alloc();
    return static_cast<std::byte*>(pages);
}

}  // namespace

std::size_t page_size() {
    static const auto of_the_system = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    return of_the_system;
}

std::size_t whole_pages(std::size_t bytes) {
    return (bytes + page_size() - 1) / page_size() * page_size();
}

Pages::Pages(std::size_t bytes) : bytes_(bytes), begin_(take_pages(bytes)) {}

Pages::~Pages() {
    munmap(begin_, bytes_);
}

/// Pages that are locked in memory are not given back.
void drop_pages(void* pages, std::size_t bytes) noexcept {
    if (madvise(pages, bytes, MADV_DONTNEED) != 0) std::memset(pages, 0, bytes);
}

bool guard_pages(void* pages, std::size_t bytes) noexcept {
    return mprotect(pages, bytes, PROT_NONE) == 0;
}

}  // namespace emulsion::kernels::emulated
