// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/emulator/sanitizer.h"

namespace emulsion::kernels::emulated {

void forbid(const void*, std::size_t) {}
void allow(const void*, std::size_t) {}
void before_switch(void**, const void*, std::size_t) {}
void after_switch(void*, const void**, std::size_t*) {}

}  // namespace emulsion::kernels::emulated
