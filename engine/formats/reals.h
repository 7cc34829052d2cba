// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Real numbers of the widths that model files store, as fp32.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace emulsion::formats {

enum class Real { f64, f32, f16, bf16 };

std::size_t bytes_of(Real);

/// IEEE 754 binary16 (5 bits of exponent, 10 of fraction) and bfloat16 (the upper half of fp32). Exact;
/// the bits of a NaN are kept.
float half_to_float(std::uint16_t);
float bfloat16_to_float(std::uint16_t);

struct Floats {
    std::span<const float> values;
    std::shared_ptr<const void> owner;
};

/// Little-endian numbers as fp32. Aligned fp32 is viewed and stays `owner`'s; everything else is copied.
/// fp64 is rounded to nearest; a finite number beyond fp32 is Error(data) "<where>: ...".
/// The bytes must be a multiple of the type's.
Floats to_floats(Real, std::span<const std::byte>, const std::shared_ptr<const void>& owner,
                 const std::string& where);
/// Whether to_floats would copy.
bool must_copy(Real, std::span<const std::byte>);

}  // namespace emulsion::formats
