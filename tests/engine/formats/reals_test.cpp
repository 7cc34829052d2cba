// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Conversions to fp32: every number of 16 bits, against the formula of its type in double precision.
#include "engine/formats/reals.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "tests/engine/formats/damage.h"

namespace emulsion::formats {
namespace {

/// IEEE 754: (-1)^sign x 2^(exponent - bias) x (1 + fraction / 2^bits); no 1 and exponent 1 where the
/// exponent's bits are 0; infinite or no number where all of them are 1.
double value_of(unsigned bits, int exponent_bits, int fraction_bits) {
    const double sign = bits >> 15 != 0 ? -1.0 : 1.0;
    const int largest = (1 << exponent_bits) - 1, bias = largest / 2;
    const int exponent = static_cast<int>(bits >> fraction_bits) & largest;
    const double fraction = std::ldexp(bits % (1U << fraction_bits), -fraction_bits);
    if (exponent == largest) {
        return fraction == 0 ? sign * std::numeric_limits<double>::infinity() : std::nan("");
    }
    return sign *
           (exponent == 0 ? std::ldexp(fraction, 1 - bias) : std::ldexp(1 + fraction, exponent - bias));
}

template <class Convert>
void expect_exact(int exponent_bits, int fraction_bits, Convert&& convert) {
    for (unsigned bits = 0; bits < 1U << 16; ++bits) {
        const float got = convert(static_cast<std::uint16_t>(bits));
        const double wanted = value_of(bits, exponent_bits, fraction_bits);
        const std::uint32_t got_bits = std::bit_cast<std::uint32_t>(got);
        EXPECT_EQ(got_bits >> 31, bits >> 15) << bits;
        if (std::isnan(wanted)) {
            EXPECT_TRUE(std::isnan(got)) << bits;
            EXPECT_EQ((got_bits & 0x7FFFFFU) >> (23 - fraction_bits), bits % (1U << fraction_bits)) << bits;
        } else {
            EXPECT_EQ(static_cast<double>(got), wanted) << bits;
        }
    }
}

TEST(Reals, EveryHalfIsExact) {
    expect_exact(5, 10, half_to_float);
}

TEST(Reals, EveryBfloat16IsExact) {
    expect_exact(8, 7, bfloat16_to_float);
}

TEST(Reals, DoublesAreRoundedToNearest) {
    const std::vector<double> values{0.1, 1 + 0x1p-24, 1 + 0x1.8p-23, -0.0, 1e-46, -INFINITY, 1e-60};
    const Floats floats = to_floats(Real::f64, std::as_bytes(std::span(values)), {}, "F");
    ASSERT_EQ(floats.values.size(), values.size());
    EXPECT_EQ(floats.values[0], 0.1F);
    EXPECT_EQ(floats.values[1], 1);             // a tie, to even
    EXPECT_EQ(floats.values[2], 1 + 0x1p-22F);  // a tie, to even
    EXPECT_TRUE(std::signbit(floats.values[3]));
    EXPECT_EQ(floats.values[4], 0);
    EXPECT_EQ(floats.values[5], -INFINITY);
}

TEST(Reals, DoublesBeyondFp32AreRefused) {
    const std::vector<double> values{1e39};
    EXPECT_EQ(test::error_of(Error::Kind::data,
                             [&] { to_floats(Real::f64, std::as_bytes(std::span(values)), {}, "F"); }),
              "F: it holds a number beyond fp32");
}

TEST(Reals, AlignedFp32IsViewedAndOtherFp32Copied) {
    const auto owner = std::make_shared<std::vector<float>>(std::vector<float>{1, 2, 3});
    const auto bytes = std::as_bytes(std::span(*owner));
    const Floats viewed = to_floats(Real::f32, bytes, owner, "F");
    EXPECT_EQ(viewed.values.data(), owner->data());
    EXPECT_EQ(viewed.owner, owner);
    std::vector<std::byte> shifted(bytes.size() + 1);
    std::memcpy(shifted.data() + 1, bytes.data(), bytes.size());
    const Floats copied = to_floats(Real::f32, std::span(shifted).subspan(1), owner, "F");
    EXPECT_NE(copied.owner, owner);
    EXPECT_EQ(copied.values[2], 3);
}

}  // namespace
}  // namespace emulsion::formats
