// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Vectors in the compiler's own terms, and how they are read from and written to fp32 and bf16.
//
// Some files that include this are compiled for newer CPUs than the rest. Nothing here may be shared
// between files, not even an inline function of the standard library: the linker would keep one copy,
// perhaps the one that only the newer CPU can run. Hence the unnamed namespace and the builtins.
#pragma once

#include <cstdint>

namespace emulsion::kernels::onednn {
namespace {

/// The vector types of so many lanes. (Not one template: GCC 12 forgets a vector size that depends on a
/// parameter.) One lane is a plain number, for which the operators mean the same.
template <int lanes>
struct Simd;

template <>
struct Simd<1> {
    using Floats = float;
    using Ints = std::int32_t;
    using Words = std::uint32_t;
    using Halves = std::uint16_t;
};

template <>
struct Simd<8> {
    typedef float Floats __attribute__((vector_size(32)));
    typedef std::int32_t Ints __attribute__((vector_size(32)));
    typedef std::uint32_t Words __attribute__((vector_size(32)));
    typedef std::uint16_t Halves __attribute__((vector_size(16)));
};

template <>
struct Simd<16> {
    typedef float Floats __attribute__((vector_size(64)));
    typedef std::int32_t Ints __attribute__((vector_size(64)));
    typedef std::uint32_t Words __attribute__((vector_size(64)));
    typedef std::uint16_t Halves __attribute__((vector_size(32)));
};

template <int lanes>
using Floats = typename Simd<lanes>::Floats;
template <int lanes>
using Ints = typename Simd<lanes>::Ints;

/// Lane by lane, as a cast does.
template <int lanes, class To, class From>
void convert(const From& from, To& to) {
    if constexpr (lanes == 1)
        to = static_cast<To>(from);
    else
        to = __builtin_convertvector(from, To);
}

template <int lanes>
void load(const float* from, Floats<lanes>& to) {
    __builtin_memcpy(&to, from, sizeof to);
}

/// A bf16 is the upper half of a float.
template <int lanes>
void load(const std::uint16_t* from, Floats<lanes>& to) {
    typename Simd<lanes>::Halves halves;
    typename Simd<lanes>::Words words;
    __builtin_memcpy(&halves, from, sizeof halves);
    convert<lanes>(halves, words);
    words <<= 16;
    __builtin_memcpy(&to, &words, sizeof to);
}

template <int lanes>
void save(const Floats<lanes>& from, float* to) {
    __builtin_memcpy(to, &from, sizeof from);
}

/// To the nearest bf16, ties to even. A NaN stays one: rounding could carry out of its fraction.
template <int lanes>
void save(const Floats<lanes>& from, std::uint16_t* to) {
    typename Simd<lanes>::Words words;
    typename Simd<lanes>::Halves halves;
    __builtin_memcpy(&words, &from, sizeof words);
    words = from == from ? words + 0x7FFF + ((words >> 16) & 1) : words | 0x400000;
    words >>= 16;
    convert<lanes>(words, halves);
    __builtin_memcpy(to, &halves, sizeof halves);
}

}  // namespace
}  // namespace emulsion::kernels::onednn
