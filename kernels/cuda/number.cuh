// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The types in which kernels read and write values, f32 and bf16, and the way from each to each. f32 becomes
// bf16, its upper half, by rounding to nearest, ties to even; a NaN stays one.
#pragma once

#include "kernels/cuda/portable.cuh"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {

/// The upper half of an f32.
struct Bf16 {
    std::uint16_t bits;
};

inline __device__ void convert(float from, float& to) {
    to = from;
}
inline __device__ void convert(Bf16 from, Bf16& to) {
    to = from;
}
inline __device__ void convert(Bf16 from, float& to) {
    to = __uint_as_float(static_cast<unsigned>(from.bits) << 16);
}
/// Rounding could carry a NaN into infinity: it is cut off, and a bit set lest nothing is left.
inline __device__ void convert(float from, Bf16& to) {
    const unsigned bits = __float_as_uint(from);
    const unsigned rounded = bits + 0x7FFF + (bits >> 16 & 1);
    to.bits = static_cast<std::uint16_t>(from != from ? bits >> 16 | 0x40 : rounded >> 16);
}

/// Four numbers, moved in one access.
inline constexpr int quad = 4;
template <class T>
struct alignas(quad * sizeof(T)) Quad {
    T at[quad];
};

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
