// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// CUDA's device functions that need no other thread. Transcendental functions are the host's: they agree with
// a GPU's to within both sides' error bounds, not to the bit.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "kernels/emulator/thread.h"

namespace emulsion::kernels::emulated {

inline float __uint_as_float(unsigned bits) {
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}
inline unsigned __float_as_uint(float value) {
    unsigned bits;
    std::memcpy(&bits, &value, sizeof bits);
    return bits;
}

inline int __popc(unsigned x) {
    return __builtin_popcount(x);
}

constexpr int min(int a, int b) {
    return b < a ? b : a;
}
constexpr unsigned min(unsigned a, unsigned b) {
    return b < a ? b : a;
}
inline float min(float a, float b) {
    return ::fminf(a, b);
}
constexpr int max(int a, int b) {
    return a < b ? b : a;
}
constexpr unsigned max(unsigned a, unsigned b) {
    return a < b ? b : a;
}
inline float max(float a, float b) {
    return ::fmaxf(a, b);
}

/// A load through the read-only cache.
template <class T>
T __ldg(const T* at) {
    return *at;
}

// Atomic operations: one of them at a time, in no particular order.
int atomicAdd(int*, int);
unsigned atomicAdd(unsigned*, unsigned);
float atomicAdd(float*, float);

}  // namespace emulsion::kernels::emulated
