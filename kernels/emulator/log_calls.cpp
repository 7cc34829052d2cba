// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What code compiled with -fsanitize=thread calls before each access. The names are ThreadSanitizer's; its
// library is not linked. Code of the host is compiled that way too where it shares a file with kernels: then
// no thread is current.
#include "kernels/emulator/log.h"

using emulsion::kernels::emulated::Access;
using emulsion::kernels::emulated::current;
using emulsion::kernels::emulated::log_access;

#define EMULSION_CALLER __builtin_return_address(0)

#define EMULSION_ACCESSES(bytes)                                                                 \
    void __tsan_read##bytes(const void* at) {                                                    \
        if (current != nullptr) log_access(*current, at, bytes, Access::read, EMULSION_CALLER);  \
    }                                                                                            \
    void __tsan_write##bytes(const void* at) {                                                   \
        if (current != nullptr) log_access(*current, at, bytes, Access::write, EMULSION_CALLER); \
    }                                                                                            \
    void __tsan_unaligned_read##bytes(const void* at) {                                          \
        if (current != nullptr) log_access(*current, at, bytes, Access::read, EMULSION_CALLER);  \
    }                                                                                            \
    void __tsan_unaligned_write##bytes(const void* at) {                                         \
        if (current != nullptr) log_access(*current, at, bytes, Access::write, EMULSION_CALLER); \
    }

extern "C" {

EMULSION_ACCESSES(1)
EMULSION_ACCESSES(2)
EMULSION_ACCESSES(4)
EMULSION_ACCESSES(8)
EMULSION_ACCESSES(16)

void __tsan_read_range(const void* at, std::size_t bytes) {
    if (current != nullptr) log_access(*current, at, bytes, Access::read, EMULSION_CALLER);
}
void __tsan_write_range(const void* at, std::size_t bytes) {
    if (current != nullptr) log_access(*current, at, bytes, Access::write, EMULSION_CALLER);
}
void __tsan_init() {}
void __tsan_func_entry(const void*) {}
void __tsan_func_exit() {}
void __tsan_vptr_update(void*, void*) {}
void __tsan_vptr_read(void*) {}

}  // extern "C"
