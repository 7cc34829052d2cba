// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/apps/fixtures.h"

#include <algorithm>
#include <cmath>
#include <fstream>

#include "data/encode.h"
#include "data/files.h"

namespace emulsion::test {

LayerDef layer(const std::string& name, const std::string& type, const std::string& input,
               Attributes attributes) {
    return {name, type, {input}, {name}, std::move(attributes), {}};
}

LayerDef weighted(const std::string& name, const std::string& type, const std::string& input,
                  Attributes attributes) {
    LayerDef def = layer(name, type, input, std::move(attributes));
    def.params = {{.name = "weight", .filler = {}}, {.name = "bias", .filler = {}}};
    return def;
}

NetDef net_of(int height, int width, std::vector<LayerDef> layers) {
    NetDef net;
    net.name = "test";
    net.height = height;
    net.width = width;
    net.layers = std::move(layers);
    Preprocessing& p = net.preprocessing;
    p.height = p.crop_height = height;
    p.width = p.crop_width = width;
    p.bgr = false;
    return net;
}

std::shared_ptr<const Model> model_of(NetDef net, std::vector<std::vector<float>> weights) {
    const auto owner = std::make_shared<const std::vector<std::vector<float>>>(std::move(weights));
    std::vector<std::span<const float>> spans(owner->begin(), owner->end());
    return std::make_shared<Model>(std::move(net), standard_layers(), std::move(spans), owner,
                                   std::map<std::string, std::string>{{"trained-by", "hand"}});
}

std::shared_ptr<const Model> brightness_model() {
    constexpr int side = 8, inputs = 3 * side * side;
    NetDef net = net_of(
        side, side,
        {weighted("fc1", "fc", "data", {{"outputs", std::int64_t{2}}}), layer("prob", "softmax", "fc1")});
    net.classes = {"dark", "bright"};
    std::vector<float> weights(2 * inputs, 0.0F);
    std::fill(weights.begin() + inputs, weights.end(), 1.0F / 64 / inputs);
    return model_of(std::move(net), {std::move(weights), {0, -2}});
}

double brightness_score(double mean_pixel) {
    return 100 / (1 + std::exp(-(mean_pixel - 128) / 64));
}

void write_grey(const std::string& path, std::uint8_t value, int width, int height) {
    const auto bytes = static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3;
    const Image image{width, height, std::vector<std::uint8_t>(bytes, value)};
    write_file(path, encode_png(image));
}

void write_text(const std::string& path, const std::string& text) {
    std::ofstream(path) << text;
}

bool has_implementation(const std::string& name) {
    const auto& list = kernels::implementations(OpKind::conv_forward);
    return std::any_of(list.begin(), list.end(), [&](const auto& entry) { return entry.name == name; });
}

}  // namespace emulsion::test
