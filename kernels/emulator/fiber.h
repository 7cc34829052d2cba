// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Flows of control with stacks of their own, and the switch between them. One of fiber_x86_64.cpp,
// fiber_aarch64.cpp and fiber_ucontext.cpp (anywhere, ten times slower) is built.
#pragma once

#include <cstddef>

namespace emulsion::kernels::emulated {

/// A flow of control that starts entry() on the stack of `bytes` at `bottom`. entry must not return.
void* make_context(void* bottom, std::size_t bytes, void (*entry)());

/// Notes in `left` where this flow of control stands, and goes on with another.
void switch_context(void** left, void* other);

}  // namespace emulsion::kernels::emulated
