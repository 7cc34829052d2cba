// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Plain arrays and seeded values for the kernel tests. Values are kept in double, but always hold what
// their data type represents exactly, so that an oracle and a kernel start from the same numbers.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "kernels/kernels.h"

namespace emulsion::kernels::tests {

using Values = std::vector<double>;

/// An array in plain NCHW order.
struct Array {
    Shape shape;
    DataType type = DataType::f32;
    Values cells;
};

/// The nearest bf16 (round half to even), and the nearest f32.
double round_to_bf16(double value);
double round_to_f32(double value);

/// Seeded values spread evenly over [-scale, scale), exact in f32, or in bf16 for that precision. The
/// same `stream` gives the same values.
Values random_values(std::int64_t count, std::uint32_t stream, double scale = 1,
                     Precision precision = Precision::fp32);

/// Seeded values from {-2, -1, 0, 1, 2} only: many are equal.
Values random_ties(std::int64_t count, std::uint32_t stream);

/// The bytes of a plain struct (DropoutCounter, SgdRates) as an array of u8.
template <class T>
Array raw_array(const T& value) {
    std::vector<std::uint8_t> bytes(sizeof value);
    std::memcpy(bytes.data(), &value, sizeof value);
    return {{1, 1, 1, sizeof value}, DataType::u8, Values(bytes.begin(), bytes.end())};
}

}  // namespace emulsion::kernels::tests
