// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// System V ABI: rbx, rbp and r12 to r15 belong to the caller of a function; all else it expects to lose.
// Kernels leave the floating-point control words alone, so these are not exchanged.
#include <cstdint>

#include "kernels/emulator/fiber.h"

extern "C" void emulsion_switch_context(void** left, void* other);

asm(R"(
    .text
    .globl emulsion_switch_context
    .type emulsion_switch_context, @function
emulsion_switch_context:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .size emulsion_switch_context, . - emulsion_switch_context
)");

namespace emulsion::kernels::emulated {

void* make_context(void* bottom, std::size_t bytes, void (*entry)()) {
    auto* top = reinterpret_cast<std::uintptr_t*>(static_cast<char*>(bottom) + bytes) - 2;  // 16-byte aligned
    *--top = 0;  // where entry would return to; the stack is now as after a call
    *--top = reinterpret_cast<std::uintptr_t>(entry);
    for (int i = 0; i < 6; ++i) *--top = 0;
    return top;
}

void switch_context(void** left, void* other) {
    emulsion_switch_context(left, other);
}

}  // namespace emulsion::kernels::emulated
