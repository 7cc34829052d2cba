// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <atomic>

#include "kernels/emulator/functions.h"

namespace emulsion::kernels::emulated {
namespace {

/// Returns the value before.
template <class T, class Change>
T update(T* at, Change change) {
    std::atomic_ref<T> cell(*at);
    T before = cell.load(std::memory_order_relaxed);
    while (!cell.compare_exchange_weak(before, change(before), std::memory_order_relaxed)) {
    }
    return before;
}

}  // namespace

int atomicAdd(int* at, int x) {
    return update(
        at, [x](int now) { return static_cast<int>(static_cast<unsigned>(now) + static_cast<unsigned>(x)); });
}
unsigned atomicAdd(unsigned* at, unsigned x) {
    return update(at, [x](unsigned now) { return now + x; });
}
float atomicAdd(float* at, float x) {
    return update(at, [x](float now) { return now + x; });
}
int atomicMax(int* at, int x) {
    return update(at, [x](int now) { return max(now, x); });
}
unsigned atomicMax(unsigned* at, unsigned x) {
    return update(at, [x](unsigned now) { return max(now, x); });
}
unsigned atomicOr(unsigned* at, unsigned x) {
    return update(at, [x](unsigned now) { return now | x; });
}

}  // namespace emulsion::kernels::emulated
