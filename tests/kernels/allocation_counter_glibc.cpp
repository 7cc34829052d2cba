// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Stands in front of glibc's allocator: definitions in the program win over those of shared libraries, so
// oneDNN's requests and libstdc++'s come by here, too.
#include <atomic>
#include <cerrno>
#include <cstddef>

#include "tests/kernels/allocation_counter.h"

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
}

namespace {

std::atomic<bool> armed = false;
std::atomic<long> count = 0;

void note() {
    if (armed.load(std::memory_order_relaxed)) count.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

extern "C" {

void* malloc(std::size_t bytes) {
    note();
    return __libc_malloc(bytes);
}

void* calloc(std::size_t count_of, std::size_t bytes) {
    note();
    return __libc_calloc(count_of, bytes);
}

void* realloc(void* old, std::size_t bytes) {
    note();
    return __libc_realloc(old, bytes);
}

void* memalign(std::size_t alignment, std::size_t bytes) {
    note();
    return __libc_memalign(alignment, bytes);
}

void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
    note();
    return __libc_memalign(alignment, bytes);
}

int posix_memalign(void** result, std::size_t alignment, std::size_t bytes) {
    note();
    *result = __libc_memalign(alignment, bytes);
    return *result == nullptr ? ENOMEM : 0;
}

}  // extern "C"

namespace emulsion::kernels::tests {

bool allocations_are_counted() {
    return true;
}

void start_counting_allocations() {
    count = 0;
    armed = true;
}

long stop_counting_allocations() {
    armed = false;
    return count;
}

}  // namespace emulsion::kernels::tests
