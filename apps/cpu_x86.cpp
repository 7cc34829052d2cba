// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// An FMA takes 4 or 5 cycles and two can start in each, so ten must be in flight to fill the units. The
// loops keep twelve; with two constants that is 14 of AVX2's 16 registers.
#include <cpuid.h>
#include <immintrin.h>

#include <array>

#include "apps/cpu.h"

namespace emulsion::apps {
namespace {

constexpr int in_flight = 12;
constexpr float factor = 0.999F, addend = 0.001F;  // x -> factor * x + addend stays near 1

float fma_avx2(std::int64_t rounds) {
    const __m256 a = _mm256_set1_ps(factor), b = _mm256_set1_ps(addend);
    __m256 x[in_flight];
    for (auto& v : x) v = _mm256_set1_ps(1);
    for (std::int64_t i = 0; i < rounds; ++i) {
        for (auto& v : x) v = _mm256_fmadd_ps(v, a, b);
    }
    __m256 sum = x[0];
    for (int j = 1; j < in_flight; ++j) sum = _mm256_add_ps(sum, x[j]);
    return _mm256_cvtss_f32(sum);
}

[[gnu::target("avx512f")]] float fma_avx512(std::int64_t rounds) {
    const __m512 a = _mm512_set1_ps(factor), b = _mm512_set1_ps(addend);
    __m512 x[in_flight];
    for (auto& v : x) v = _mm512_set1_ps(1);
    for (std::int64_t i = 0; i < rounds; ++i) {
        for (auto& v : x) v = _mm512_fmadd_ps(v, a, b);
    }
    __m512 sum = x[0];
    for (int j = 1; j < in_flight; ++j) sum = _mm512_add_ps(sum, x[j]);
    return _mm512_cvtss_f32(sum);
}

// Each fp32 lane gains the products of two pairs of bf16 numbers, here 2 * 2^-7 * 2^-7.
[[gnu::target("avx512f,avx512bf16")]] float dot_avx512_bf16(std::int64_t rounds) {
    const auto a = reinterpret_cast<__m512bh>(_mm512_set1_epi32(0x3C003C00));
    __m512 x[in_flight];
    for (auto& v : x) v = _mm512_set1_ps(1);
    for (std::int64_t i = 0; i < rounds; ++i) {
        for (auto& v : x) v = _mm512_dpbf16_ps(v, a, a);
    }
    __m512 sum = x[0];
    for (int j = 1; j < in_flight; ++j) sum = _mm512_add_ps(sum, x[j]);
    return _mm512_cvtss_f32(sum);
}

// Intel's manual, CPUID leaf 7: bit 22 of EDX. Compilers of 2022 do not all know its name.
bool has_amx_bf16() {
    unsigned a = 0, b = 0, c = 0, d = 0;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d >> 22 & 1) != 0;
}

}  // namespace

std::vector<std::string> vector_extensions() {
    const std::array<std::pair<const char*, bool>, 8> known = {{
        {"AVX2", __builtin_cpu_supports("avx2")},
        {"FMA", __builtin_cpu_supports("fma")},
        {"AVX-512F", __builtin_cpu_supports("avx512f")},
        {"AVX-512BW", __builtin_cpu_supports("avx512bw")},
        {"AVX-512VL", __builtin_cpu_supports("avx512vl")},
        {"AVX-512 VNNI", __builtin_cpu_supports("avx512vnni")},
        {"AVX-512 BF16", __builtin_cpu_supports("avx512bf16")},
        {"AMX BF16", has_amx_bf16()},
    }};
    std::vector<std::string> present;
    for (const auto& [name, has] : known) {
        if (has) present.emplace_back(name);
    }
    return present;
}

FmaLoop widest_fma_loop(kernels::Precision precision) {
    constexpr double avx2_flop = 2.0 * 8 * in_flight, avx512_flop = 2.0 * 16 * in_flight;
    if (precision == kernels::Precision::bf16 && __builtin_cpu_supports("avx512bf16")) {
        return {"AVX-512 BF16", 2 * avx512_flop, dot_avx512_bf16};
    }
    if (__builtin_cpu_supports("avx512f")) return {"AVX-512", avx512_flop, fma_avx512};
    return {"AVX2", avx2_flop, fma_avx2};
}

}  // namespace emulsion::apps
