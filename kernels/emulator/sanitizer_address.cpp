// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>

#include "kernels/emulator/sanitizer.h"

namespace emulsion::kernels::emulated {

void forbid(const void* memory, std::size_t bytes) {
    __asan_poison_memory_region(memory, bytes);
}
void allow(const void* memory, std::size_t bytes) {
    __asan_unpoison_memory_region(memory, bytes);
}
void before_switch(void** leaving, const void* bottom, std::size_t bytes) {
    __sanitizer_start_switch_fiber(leaving, bottom, bytes);
}
void after_switch(void* left, const void** bottom, std::size_t* bytes) {
    __sanitizer_finish_switch_fiber(left, bottom, bytes);
}

}  // namespace emulsion::kernels::emulated
