// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/apps/serve/transport/photos.h"

#include <cmath>
#include <random>

#include "data/encode.h"

namespace emulsion::test {
namespace {

std::string text_of(const std::vector<std::byte>& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

Image picture(int width, int height, unsigned seed) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> unit(0, 1);
    Image image{width, height, {}};
    double waves[3][3];
    for (auto& wave : waves)
        for (double& each : wave) each = unit(random);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            for (const auto& [down, along, phase] : waves) {
                const double wave = std::sin(0.2 * (down * y + along * x) + 7 * phase);
                image.rgb.push_back(static_cast<std::uint8_t>(128 + 90 * wave + 30 * unit(random)));
            }
    return image;
}

std::string jpeg_of(const Image& image) {
    return text_of(encode_jpeg(image));
}

std::string png_of(const Image& image) {
    return text_of(encode_png(image));
}

std::string png_claiming(unsigned width, unsigned height) {
    std::string png = png_of(picture(16, 16, 1));
    // Signature (8), length and type of the first chunk (8), then width and height from the highest byte.
    for (unsigned i = 0; i < 4; ++i) {
        png[16 + i] = static_cast<char>(width >> (24 - 8 * i));
        png[20 + i] = static_cast<char>(height >> (24 - 8 * i));
    }
    return png;
}

}  // namespace emulsion::test
