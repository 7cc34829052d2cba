// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/values.h"

#include <bit>
#include <cmath>

namespace emulsion::kernels::tests {
namespace {

constexpr std::uint64_t seed = 20120930;  // any constant: a failure must come back on the next run

/// As many values as asked for, each made of a random word.
template <class OfWord>
Values generate(std::int64_t count, std::uint32_t stream, OfWord&& of_word) {
    Values values(static_cast<std::size_t>(count));
    Philox4 words{};
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (i % 4 == 0) words = philox(i / 4, stream, seed);
        values[i] = of_word(words.word[i % 4]);
    }
    return values;
}

}  // namespace

double round_to_f32(double value) {
    return static_cast<double>(static_cast<float>(value));
}

double round_to_bf16(double value) {
    const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(value));
    if (std::isnan(value)) return value;
    const std::uint32_t rounded = (bits + 0x7FFFU + ((bits >> 16) & 1U)) & 0xFFFF0000U;
    return static_cast<double>(std::bit_cast<float>(rounded));
}

Values random_values(std::int64_t count, std::uint32_t stream, double scale, Precision precision) {
    return generate(count, stream, [&](std::uint32_t word) {
        const double exact = round_to_f32((static_cast<double>(word) * 0x1p-31 - 1) * scale);
        return precision == Precision::bf16 ? round_to_bf16(exact) : exact;
    });
}

Values random_ties(std::int64_t count, std::uint32_t stream) {
    return generate(count, stream, [](std::uint32_t word) { return static_cast<double>(word % 5) - 2; });
}

}  // namespace emulsion::kernels::tests
