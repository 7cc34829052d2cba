// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <emulsion/error.h>
#include <emulsion/random.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <string>
#include <utility>

#include "kernels/philox.h"

namespace emulsion {
namespace {

// The top bits of the counter keep the users of one seed apart. Dropout has 0 there.
constexpr std::uint64_t random_domain = std::uint64_t{1} << 62, fill_domain = std::uint64_t{2} << 62;

// Coefficients of artanh(s) / s in s^2, and of cos(t) and sin(t) / t in -t^2.
constexpr std::array artanh_series{1., 1. / 3, 1. / 5, 1. / 7, 1. / 9, 1. / 11, 1. / 13};
constexpr std::array cos_series{1., 1. / 2, 1. / 24, 1. / 720, 1. / 40320, 1. / 3628800, 1. / 479001600};
constexpr std::array sin_series{1., 1. / 6, 1. / 120, 1. / 5040, 1. / 362880, 1. / 39916800, 1. / 6227020800};

/// c[0] + c[1] x + c[2] x^2 + ..., by Horner's rule.
template <std::size_t n>
double sum_series(const std::array<double, n>& c, double x) {
    double sum = c[n - 1];
    for (std::size_t i = n - 1; i-- > 0;) sum = c[i] + x * sum;
    return sum;
}

/// ln((a + 1/2) / 2^32) = ln(m 2^e) with m in [sqrt(1/2), sqrt(2)), and ln m = 2 artanh(s) for
/// s = (m - 1) / (m + 1), |s| < 0.172: the series' first term left out is below 2e-12 of the sum.
double log_of_fraction(std::uint32_t a) {
    const double x = a + 0.5;
    const auto bits = std::bit_cast<std::uint64_t>(x);
    constexpr std::uint64_t half_root = 0x3FE6A09E667F3BCD;  // sqrt(1/2)
    const std::int64_t e = static_cast<std::int64_t>(bits - half_root) >> 52;
    const double m = std::bit_cast<double>(bits - (static_cast<std::uint64_t>(e) << 52));
    const double s = (m - 1) / (m + 1);
    return static_cast<double>(e - 32) * std::numbers::ln2 + 2 * s * sum_series(artanh_series, s * s);
}

/// {cos, sin} of 2 pi (b + 1/2 - 2^29) / 2^32: whole quarter turns from the top two bits of b, and
/// Taylor series for the rest, which is within +-pi/4; the first terms left out are below 4e-13.
std::array<double, 2> point_on_circle(std::uint32_t b) {
    constexpr std::uint32_t quarter = 1U << 30;
    const double rest = (b % quarter) + 0.5 - quarter / 2;
    const double t = rest * (std::numbers::pi / 2 / quarter);
    const double c = sum_series(cos_series, -t * t), s = t * sum_series(sin_series, -t * t);
    constexpr std::array turn_cos{1., 0., -1., 0.}, turn_sin{0., 1., 0., -1.};
    const double turn_c = turn_cos[b / quarter], turn_s = turn_sin[b / quarter];
    return {turn_c * c - turn_s * s, turn_s * c + turn_c * s};
}

[[noreturn]] void fail(const std::string& what) {
    throw Error(Error::Kind::data, "filler: " + what);
}

/// Calls four(words), the four elements made of one Philox block, for each block that `values` meets.
template <class Four>
void fill_by_fours(std::span<float> values, std::uint64_t seed, std::uint64_t stream, std::uint64_t first,
                   Four&& four) {
    std::uint64_t block = first / 4;
    std::size_t skip = first % 4;
    while (!values.empty()) {
        const std::array<float, 4> made = four(philox(fill_domain | block++, stream, seed));
        const std::size_t count = std::min(values.size(), 4 - skip);
        std::copy_n(made.begin() + skip, count, values.begin());
        values = values.subspan(count);
        skip = 0;
    }
}

void fill_uniform(std::span<float> values, double low, double high, std::uint64_t seed, std::uint64_t stream,
                  std::uint64_t first) {
    const double step = (high - low) / 4294967296.0;
    fill_by_fours(values, seed, stream, first, [&](const Philox4& words) {
        std::array<float, 4> made{};
        for (std::size_t i = 0; i < 4; ++i) made[i] = static_cast<float>(low + step * (words.word[i] + 0.5));
        return made;
    });
}

void fill_gaussian(std::span<float> values, double mean, double deviation, std::uint64_t seed,
                   std::uint64_t stream, std::uint64_t first) {
    fill_by_fours(values, seed, stream, first, [&](const Philox4& words) {
        std::array<float, 4> made{};
        for (std::size_t i = 0; i < 4; i += 2) {
            const auto pair = normal_pair(words.word[i], words.word[i + 1]);
            made[i] = static_cast<float>(mean + deviation * pair[0]);
            made[i + 1] = static_cast<float>(mean + deviation * pair[1]);
        }
        return made;
    });
}

}  // namespace

std::array<double, 2> normal_pair(std::uint32_t a, std::uint32_t b) {
    const double radius = std::sqrt(-2 * log_of_fraction(a));
    const auto [x, y] = point_on_circle(b);
    return {radius * x, radius * y};
}

std::uint32_t Random::word32() {
    if (words_left_ == 0) {
        words_ = philox(random_domain | block_++, stream_, seed_);
        words_left_ = 4;
    }
    return words_.word[4 - words_left_--];
}

std::uint64_t Random::word64() {
    const std::uint64_t high = word32();
    return high << 32 | word32();
}

float Random::uniform32() {
    return static_cast<float>(word32() >> 8) * 0x1p-24F;
}

double Random::uniform() {
    return static_cast<double>(word64() >> 11) * 0x1p-53;
}

std::uint64_t Random::below(std::uint64_t n) {
    if (n == 0) throw Error(Error::Kind::usage, "a random number below 0 was asked for");
    // The fewest bits that hold n - 1; what falls beyond, less than half, is drawn again.
    const std::uint64_t mask = ~std::uint64_t{0} >> std::countl_zero((n - 1) | 1);
    for (;;) {
        const std::uint64_t drawn = word64() & mask;
        if (drawn < n) return drawn;
    }
}

double Random::gaussian() {
    if (std::exchange(has_spare_, !has_spare_)) return spare_gaussian_;
    const std::uint32_t a = word32(), b = word32();
    const auto [one, two] = normal_pair(a, b);
    spare_gaussian_ = two;
    return one;
}

void fill(const Filler& filler, std::span<float> values, std::int64_t fan_in, std::int64_t /*fan_out*/,
          std::uint64_t seed, std::uint64_t stream, std::uint64_t first) {
    const auto inverse_fan = [&] {
        if (fan_in < 1) fail("fan_in is " + std::to_string(fan_in) + ", should be at least 1");
        return 1 / static_cast<double>(fan_in);
    };
    switch (filler.kind) {
        case Filler::Kind::constant:
            std::fill(values.begin(), values.end(), static_cast<float>(filler.value));
            return;
        case Filler::Kind::gaussian:
            if (!(filler.deviation >= 0)) fail("the deviation is negative");
            return fill_gaussian(values, filler.mean, filler.deviation, seed, stream, first);
        case Filler::Kind::uniform:
            if (!(filler.low <= filler.high)) fail("low is above high");
            return fill_uniform(values, filler.low, filler.high, seed, stream, first);
        case Filler::Kind::xavier: {
            const double bound = std::sqrt(3 * inverse_fan());
            return fill_uniform(values, -bound, bound, seed, stream, first);
        }
        case Filler::Kind::msra:
            return fill_gaussian(values, 0, std::sqrt(2 * inverse_fan()), seed, stream, first);
    }
}

}  // namespace emulsion
