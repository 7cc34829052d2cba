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
inline float __int_as_float(int bits) {
    return __uint_as_float(static_cast<unsigned>(bits));
}
inline unsigned __float_as_uint(float value) {
    unsigned bits;
    std::memcpy(&bits, &value, sizeof bits);
    return bits;
}
inline int __float_as_int(float value) {
    return static_cast<int>(__float_as_uint(value));
}

inline int __popc(unsigned x) {
    return __builtin_popcount(x);
}
inline int __clz(int x) {
    return x == 0 ? 32 : __builtin_clz(static_cast<unsigned>(x));
}
inline int __ffs(int x) {
    return __builtin_ffs(x);
}
inline unsigned __umulhi(unsigned a, unsigned b) {
    return static_cast<unsigned>(std::uint64_t{a} * b >> 32);
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

inline float rsqrtf(float x) {
    return 1.0F / ::sqrtf(x);
}
inline float __expf(float x) {
    return ::expf(x);
}
inline float __logf(float x) {
    return ::logf(x);
}
inline float __powf(float x, float y) {
    return ::powf(x, y);
}
inline float __fdividef(float x, float y) {
    return x / y;
}
inline float __frcp_rn(float x) {
    return 1.0F / x;
}
inline float __saturatef(float x) {
    return x > 0.0F ? (x < 1.0F ? x : 1.0F) : 0.0F;
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
int atomicMax(int*, int);
unsigned atomicMax(unsigned*, unsigned);
unsigned atomicOr(unsigned*, unsigned);

}  // namespace emulsion::kernels::emulated
