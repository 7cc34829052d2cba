// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// POSIX's contexts. A flow of control that is left notes itself on its own stack, which stays as it is until
// somebody goes on with it; a new one is noted at the top of the stack it will run on.
#include <ucontext.h>

#include <new>

#include "kernels/emulator/fiber.h"

namespace emulsion::kernels::emulated {

void* make_context(void* bottom, std::size_t bytes, void (*entry)()) {
    constexpr std::size_t room = (sizeof(ucontext_t) + 63) / 64 * 64;
    auto* context = new (static_cast<char*>(bottom) + bytes - room) ucontext_t;
    getcontext(context);
    context->uc_stack.ss_sp = bottom;
    context->uc_stack.ss_size = bytes - room;
    context->uc_link = nullptr;
    makecontext(context, entry, 0);
    return context;
}

void switch_context(void** left, void* other) {
    ucontext_t here;
    *left = &here;
    swapcontext(&here, static_cast<ucontext_t*>(other));
}

}  // namespace emulsion::kernels::emulated
