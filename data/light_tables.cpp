// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "data/light_tables.h"

#include <algorithm>
#include <cmath>

namespace emulsion {
namespace {

/// The curve of sRGB (IEC 61966-2-1), 0 to 1.
double encode_srgb(double light) {
    return light <= 0.0031308 ? 12.92 * light : 1.055 * std::pow(light, 1 / 2.4) - 0.055;
}

}  // namespace

LightTables::LightTables(const ToLinear& to_linear) : encoded_(levels) {
    for (int i = 0; i < levels; ++i)
        encoded_[static_cast<std::size_t>(i)] =
            static_cast<std::uint8_t>(std::lround(255 * encode_srgb(i / (levels - 1.0))));

    // One ramp a channel, with the others black.
    std::vector<float> ramps(3 * 256 * 3, 0.0F);
    for (std::size_t c = 0; c < 3; ++c)
        for (std::size_t v = 0; v < 256; ++v) ramps[(c * 256 + v) * 3 + c] = static_cast<float>(v) / 255;
    to_linear(ramps);
    for (std::size_t c = 0; c < 3; ++c)
        for (std::size_t v = 0; v < 256; ++v)
            for (std::size_t k = 0; k < 3; ++k) {
                // Black is in every ramp but must be counted once. The half is for rounding.
                const float black = c == 0 ? 0 : ramps[k];
                const float half = c == 0 ? 0.5F : 0.0F;
                light_[c][v][k] = (ramps[(c * 256 + v) * 3 + k] - black) * (levels - 1) + half;
            }
}

void LightTables::convert(std::span<std::uint8_t> samples, std::size_t step) const {
    using Places = std::int32_t __attribute__((vector_size(16)));
    constexpr Light dark = {}, bright = dark + (levels - 1.0F);
    const std::uint8_t* const encoded = encoded_.data();
    for (std::size_t i = 0; i + step <= samples.size(); i += step) {
        std::uint8_t* rgb = &samples[i];
        Light light = light_[0][rgb[0]] + light_[1][rgb[1]] + light_[2][rgb[2]];
        light = light < dark ? dark : light;
        light = light > bright ? bright : light;
        const Places places = __builtin_convertvector(light, Places);
        for (int k = 0; k < 3; ++k) rgb[k] = encoded[places[k]];
    }
}

}  // namespace emulsion
