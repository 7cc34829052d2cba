// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <emulsion/model.h>
#include <emulsion/program.h>
#include <emulsion/session.h>

#include <cstdint>
#include <vector>

namespace emulsion {
namespace {

// A bijective mixing of 32 bits (two rounds of multiply and shift), so that every pixel differs from its
// neighbours.
std::uint32_t mix(std::uint32_t x) {
    x = (x ^ (x >> 16)) * 0x45d9f3bU;
    x = (x ^ (x >> 15)) * 0x2c1b3c6dU;
    return x ^ (x >> 13);
}

// Slopes, squares and noise: smooth parts, edges and texture, each channel its own.
std::vector<std::uint8_t> built_in_photo(int height, int width) {
    std::vector<std::uint8_t> pixels;
    pixels.reserve(static_cast<std::size_t>(height) * static_cast<std::size_t>(width) * 3);
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            for (int c = 0; c < 3; ++c) {
                const int slope = c == 0 ? 200 * x / width : c == 1 ? 200 * y / height : 100;
                const int square = ((x / 16 + y / 16 + c) % 2) * 40;
                const auto place = static_cast<std::uint32_t>((y * width + x) * 3 + c);
                pixels.push_back(
                    static_cast<std::uint8_t>(slope + square + static_cast<int>(mix(place) % 16)));
            }
        }
    }
    return pixels;
}

// A few bytes can describe a net for photos of any size, and whoever loads them would pay for it.
bool is_affordable(const Model& model, const Options& options) {
    constexpr double most_bytes = 1e9, most_flop = 2e11;
    const auto program = compile(model.net(), Mode::inference, options, model.factory());
    const MemoryPlan& memory = program->memory();
    double flop = 0;
    for (const LayerInfo& layer : program->layers()) flop += layer.forward_flop;
    return static_cast<double>(memory.total() - memory.parameters) <= most_bytes && flop <= most_flop;
}

}  // namespace

std::vector<float> golden_outputs(const Model& model) {
    // The readable implementation: what it computes is the same on every machine but for rounding.
    Options options;
    options.implementations["*"] = "eigen";
    if (!is_affordable(model, options)) return {};
    const std::shared_ptr<const Model> borrowed(std::shared_ptr<const Model>(), &model);
    Session session(borrowed, options);
    const Preprocessing& photos = model.net().preprocessing;
    const auto outputs = session.run(built_in_photo(photos.height, photos.width), 1);
    return {outputs.begin(), outputs.end()};
}

}  // namespace emulsion
