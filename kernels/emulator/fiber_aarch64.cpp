// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// AAPCS64: x19 to x29 and the low halves of v8 to v15 belong to the caller of a function; x30 is where it
// returns to.
#include <cstdint>

#include "kernels/emulator/fiber.h"

extern "C" void emulsion_switch_context(void** left, void* other);

asm(R"(
    .text
    .globl emulsion_switch_context
    .type emulsion_switch_context, %function
emulsion_switch_context:
    sub sp, sp, #160
    stp x19, x20, [sp, #0]
    stp x21, x22, [sp, #16]
    stp x23, x24, [sp, #32]
    stp x25, x26, [sp, #48]
    stp x27, x28, [sp, #64]
    stp x29, x30, [sp, #80]
    stp d8, d9, [sp, #96]
    stp d10, d11, [sp, #112]
    stp d12, d13, [sp, #128]
    stp d14, d15, [sp, #144]
    mov x9, sp
    str x9, [x0]
    mov sp, x1
    ldp x19, x20, [sp, #0]
    ldp x21, x22, [sp, #16]
    ldp x23, x24, [sp, #32]
    ldp x25, x26, [sp, #48]
    ldp x27, x28, [sp, #64]
    ldp x29, x30, [sp, #80]
    ldp d8, d9, [sp, #96]
    ldp d10, d11, [sp, #112]
    ldp d12, d13, [sp, #128]
    ldp d14, d15, [sp, #144]
    add sp, sp, #160
    ret
    .size emulsion_switch_context, . - emulsion_switch_context
)");

namespace emulsion::kernels::emulated {

void* make_context(void* bottom, std::size_t bytes, void (*entry)()) {
    auto* frame = reinterpret_cast<std::uintptr_t*>(static_cast<char*>(bottom) + bytes - 160);
    for (int i = 0; i < 20; ++i) frame[i] = 0;
    frame[11] = reinterpret_cast<std::uintptr_t>(entry);  // x30
    return frame;
}

void switch_context(void** left, void* other) {
    emulsion_switch_context(left, other);
}

}  // namespace emulsion::kernels::emulated
