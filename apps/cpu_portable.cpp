// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// For CPUs without a file of their own: the compiler makes of these loops what the target has.
#include <cmath>

#include "apps/cpu.h"

namespace emulsion::apps {
namespace {

constexpr int in_flight = 64;  // scalars; sixteen registers of four

float fma_loop(std::int64_t rounds) {
    float x[in_flight];
    for (auto& v : x) v = 1;
    for (std::int64_t i = 0; i < rounds; ++i) {
        for (auto& v : x) v = std::fma(v, 0.999F, 0.001F);
    }
    float sum = 0;
    for (const auto v : x) sum += v;
    return sum;
}

}  // namespace

std::vector<std::string> vector_extensions() {
    return {};
}

FmaLoop widest_fma_loop(kernels::Precision) {
    return {"compiler's choice", 2.0 * in_flight, fma_loop};
}

}  // namespace emulsion::apps
