// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/formats/reals.h"

#include <emulsion/error.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

namespace emulsion::formats {
namespace {

template <class Stored, class Convert>
std::vector<float> convert(std::span<const std::byte> bytes, Convert&& to_float) {
    std::vector<float> values(bytes.size() / sizeof(Stored));
    for (std::size_t i = 0; i < values.size(); ++i) {
        Stored stored;
        std::memcpy(&stored, bytes.data() + i * sizeof stored, sizeof stored);
        values[i] = to_float(stored);
    }
    return values;
}

std::vector<float> copy(Real real, std::span<const std::byte> bytes, const std::string& where) {
    switch (real) {
        case Real::f16:
            return convert<std::uint16_t>(bytes, half_to_float);
        case Real::bf16:
            return convert<std::uint16_t>(bytes, bfloat16_to_float);
        case Real::f32:
            return convert<float>(bytes, [](float value) { return value; });
        case Real::f64:
            break;
    }
    return convert<double>(bytes, [&](double value) {
        if (std::isfinite(value) && std::abs(value) > std::numeric_limits<float>::max()) {
            throw Error(Error::Kind::data, where + ": it holds a number beyond fp32");
        }
        return static_cast<float>(value);
    });
}

}  // namespace

std::size_t bytes_of(Real real) {
    switch (real) {
        case Real::f64:
            return 8;
        case Real::f32:
            return 4;
        case Real::f16:
        case Real::bf16:
            break;
    }
    return 2;
}

float half_to_float(std::uint16_t half) {
    constexpr std::uint32_t infinite = 0x1F, infinite_in_fp32 = 0xFF, bias_difference = 127 - 15;
    const std::uint32_t sign = (half & 0x8000U) << 16, exponent = half >> 10 & 0x1FU,
                        fraction = half & 0x3FFU;
    if (exponent == 0) {  // zero and the subnormal numbers: fraction x 2^-24, which fp32 holds exactly
        return std::copysign(static_cast<float>(fraction) * 0x1p-24F, std::bit_cast<float>(sign));
    }
    const std::uint32_t widened = exponent == infinite ? infinite_in_fp32 : exponent + bias_difference;
    return std::bit_cast<float>(sign | widened << 23 | fraction << 13);
}

float bfloat16_to_float(std::uint16_t bits) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

bool must_copy(Real real, std::span<const std::byte> bytes) {
    return real != Real::f32 || reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(float) != 0;
}

Floats to_floats(Real real, std::span<const std::byte> bytes, const std::shared_ptr<const void>& owner,
                 const std::string& where) {
    if (!must_copy(real, bytes)) {
        return {{reinterpret_cast<const float*>(bytes.data()), bytes.size() / sizeof(float)}, owner};
    }
    auto values = std::make_shared<const std::vector<float>>(copy(real, bytes, where));
    return {*values, values};
}

}  // namespace emulsion::formats
