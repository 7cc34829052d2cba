// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <atomic>

#include "kernels/emulator/functions.h"
#include "kernels/emulator/log.h"

namespace emulsion::kernels::emulated {
namespace {

/// Returns the value before. `pc` is where the kernel called.
template <class T, class Change>
T update(T* at, Change change, const void* pc) {
    log_access(*current, at, sizeof *at, Access::atomic, pc);
    std::atomic_ref<T> cell(*at);
    T before = cell.load(std::memory_order_relaxed);
    while (!cell.compare_exchange_weak(before, change(before), std::memory_order_relaxed)) {
    }
    return before;
}

}  // namespace

int atomicAdd(int* at, int x) {
    return update(
        at, [x](int now) { return static_cast<int>(static_cast<unsigned>(now) + static_cast<unsigned>(x)); },
        __builtin_return_address(0));
}
unsigned atomicAdd(unsigned* at, unsigned x) {
    return update(
        at, [x](unsigned now) { return now + x; }, __builtin_return_address(0));
}
float atomicAdd(float* at, float x) {
    return update(
        at, [x](float now) { return now + x; }, __builtin_return_address(0));
}

}  // namespace emulsion::kernels::emulated
