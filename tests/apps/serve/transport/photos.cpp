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
    const auto draw = [&](unsigned below) { return static_cast<double>(random() % below); };
    const auto wave = [&](int size) {
        const double step = 0.02 + 0.0002 * draw(1000), phase = draw(7);
        std::vector<double> values;
        for (int i = 0; i < size; ++i) values.push_back(45 * std::sin(step * i + phase));
        return values;
    };
    const std::vector<double> down[] = {wave(height), wave(height), wave(height)};
    const std::vector<double> along[] = {wave(width), wave(width), wave(width)};
    Image image{width, height, {}};
    for (std::size_t y = 0; y < static_cast<std::size_t>(height); ++y)
        for (std::size_t x = 0; x < static_cast<std::size_t>(width); ++x)
            for (std::size_t c = 0; c < 3; ++c)
                image.rgb.push_back(static_cast<std::uint8_t>(120 + down[c][y] + along[c][x] + draw(30)));
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
