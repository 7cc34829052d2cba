// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/degrade.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/philox.h"

namespace emulsion::apps {
namespace {

std::uint8_t to_byte(double v) {
    return static_cast<std::uint8_t>(std::clamp(std::lround(v), 0L, 255L));
}

// IEC 61966-2-1, both ways; values 0..1.
double to_linear(double s) {
    return s <= 0.04045 ? s / 12.92 : std::pow((s + 0.055) / 1.055, 2.4);
}
double to_srgb(double l) {
    return l <= 0.0031308 ? l * 12.92 : 1.055 * std::pow(l, 1 / 2.4) - 0.055;
}

// Every channel times a gain of its own in linear light; what exceeds white is clipped, as on a sensor.
void gain(Image& photo, const std::array<double, 3>& gains) {
    for (std::size_t channel = 0; channel < 3; ++channel) {
        std::array<std::uint8_t, 256> table;
        for (std::size_t v = 0; v < table.size(); ++v) {
            const double light = to_linear(static_cast<double>(v) / 255) * gains[channel];
            table[v] = to_byte(255 * to_srgb(std::min(light, 1.0)));
        }
        for (std::size_t i = channel; i < photo.rgb.size(); i += 3) photo.rgb[i] = table[photo.rgb[i]];
    }
}

// Towards the photo's own mean grey, so that its brightness stays.
void flatten(Image& photo, double kept) {
    double sum = 0;
    for (const std::uint8_t v : photo.rgb) sum += v;
    const double mean = sum / static_cast<double>(std::max<std::size_t>(photo.rgb.size(), 1));
    for (std::uint8_t& v : photo.rgb) v = to_byte(mean + (v - mean) * kept);
}

std::vector<double> gaussian(double deviation) {
    const int radius = std::max(1, static_cast<int>(std::ceil(3 * deviation)));
    std::vector<double> taps;
    double sum = 0;
    for (int i = -radius; i <= radius; ++i) {
        taps.push_back(std::exp(-0.5 * i * i / (deviation * deviation)));
        sum += taps.back();
    }
    for (double& tap : taps) tap /= sum;
    return taps;
}

// One direction of a separable filter over `count` samples `step` apart; edges are repeated.
void filter_line(const std::uint8_t* from, std::uint8_t* to, int count, std::size_t step,
                 const std::vector<double>& taps) {
    const int radius = static_cast<int>(taps.size() / 2);
    for (int i = 0; i < count; ++i) {
        double sum = 0;
        for (std::size_t t = 0; t < taps.size(); ++t) {
            const int at = std::clamp(i + static_cast<int>(t) - radius, 0, count - 1);
            sum += taps[t] * from[static_cast<std::size_t>(at) * step];
        }
        to[static_cast<std::size_t>(i) * step] = to_byte(sum);
    }
}

void blur(Image& photo, double deviation) {
    const std::vector<double> taps = gaussian(deviation);
    const std::size_t row = photo.row_bytes();
    std::vector<std::uint8_t> between(photo.rgb.size());
    for (std::size_t y = 0; y < static_cast<std::size_t>(photo.height); ++y) {
        for (std::size_t c = 0; c < 3; ++c) {
            filter_line(&photo.rgb[y * row + c], &between[y * row + c], photo.width, 3, taps);
        }
    }
    for (std::size_t x = 0; x < row; ++x) filter_line(&between[x], &photo.rgb[x], photo.height, row, taps);
}

double draw_strength(Fault fault, RandomStream& random) {
    switch (fault) {
        case Fault::blur:
            return random.uniform(14, 24);
        case Fault::flat:
            return random.uniform(0.12, 0.25);
        case Fault::exposure:
            return random.coin() ? random.uniform(1.5, 2.4) : random.uniform(-3.4, -2.4);
        case Fault::white_balance:
            return random.uniform(1.0, 1.5) * (random.coin() ? 1 : -1);
    }
    return 0;
}

void apply(Image& photo, const Damage& damage) {
    const double s = damage.strength;
    switch (damage.fault) {
        case Fault::blur:
            blur(photo, s * photo.width / 1000);
            break;
        case Fault::flat:
            flatten(photo, s);
            break;
        case Fault::exposure:
            gain(photo, {std::exp2(s), std::exp2(s), std::exp2(s)});
            break;
        case Fault::white_balance:
            gain(photo, {std::exp2(s), 1, std::exp2(-s)});
            break;
    }
}

}  // namespace

double RandomStream::uniform(double low, double high) {
    const Philox4 block = philox(used_++, stream_, seed_);
    const std::uint64_t bits = (std::uint64_t{block.word[0]} << 32 | block.word[1]) >> 11;
    return low + (high - low) * (static_cast<double>(bits) * 0x1p-53);
}

int RandomStream::below(int count) {
    return std::min(count - 1, static_cast<int>(uniform(0, count)));
}

const char* name(Fault fault) {
    constexpr std::array names = {"blur", "flat", "exposure", "white balance"};
    return names[static_cast<std::size_t>(fault)];
}

std::vector<Damage> draw_damage(RandomStream& random) {
    const int first = random.below(fault_count);
    std::vector<int> chosen = {first};
    chosen.push_back((first + 1 + random.below(fault_count - 1)) % fault_count);
    std::sort(chosen.begin(), chosen.end(), std::greater<>());  // light first, then the finished picture
    std::vector<Damage> damage;
    for (const int which : chosen) {
        const auto fault = static_cast<Fault>(which);
        damage.push_back({fault, draw_strength(fault, random)});
    }
    return damage;
}

Image degrade(Image photo, const std::vector<Damage>& damage) {
    for (const Damage& one : damage) apply(photo, one);
    return photo;
}

std::string describe(const std::vector<Damage>& damage) {
    std::string text;
    for (const Damage& one : damage) {
        text += fmt::format("{}{} {:.2f}", text.empty() ? "" : ", ", name(one.fault), one.strength);
    }
    return text;
}

}  // namespace emulsion::apps
