// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What AddressSanitizer must be told: which memory is out of bounds, and that stacks are switched.
// sanitizer_address.cpp tells it; sanitizer_none.cpp is for builds without it.
#pragma once

#include <cstddef>

namespace emulsion::kernels::emulated {

void forbid(const void* memory, std::size_t bytes);
void allow(const void* memory, std::size_t bytes);

/// To be called around switch_context: before it with the stack that comes next, after it by the flow of
/// control that goes on. `leaving` keeps what belongs to the flow that is left; null: it never comes back.
void before_switch(void** leaving, const void* bottom, std::size_t bytes);
/// `bottom` and `bytes`, where not null, get the stack that was left.
void after_switch(void* left, const void** bottom, std::size_t* bytes);

}  // namespace emulsion::kernels::emulated
