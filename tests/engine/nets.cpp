// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/engine/nets.h"

#include <algorithm>
#include <random>

namespace emulsion::testing {
namespace {

LayerDef layer(const std::string& name, const std::string& type, std::vector<std::string> inputs,
               Attributes attributes = {}, bool weighted = false) {
    LayerDef def{name, type, std::move(inputs), {name}, std::move(attributes), {}};
    Filler filler;
    filler.kind = Filler::Kind::msra;
    if (weighted) def.params = {{"weight", 1, 1, filler}, {"bias", 2, 0, {}}};
    return def;
}

Attributes convolution(std::int64_t outputs, std::int64_t kernel, std::int64_t pad) {
    return {{"outputs", outputs}, {"kernel", kernel}, {"pad", pad}};
}

}  // namespace

NetDef branched() {
    NetDef net;
    net.name = "branched";
    net.height = 12;
    net.width = 16;
    net.preprocessing.height = net.preprocessing.crop_height = 12;
    net.preprocessing.width = net.preprocessing.crop_width = 16;
    net.preprocessing.mean = {104, 117, 123};
    net.preprocessing.scale = {1 / 64.0F, 1 / 64.0F, 1 / 64.0F};
    net.layers = {
        layer("conv1", "conv", {"data"}, convolution(6, 3, 1), true),
        layer("relu1", "relu", {"conv1"}),
        layer("left", "conv", {"relu1"}, convolution(4, 1, 0), true),
        layer("right", "conv", {"relu1"}, convolution(4, 3, 1), true),
        layer("both", "concat", {"left", "right"}),
        layer("relu2", "relu", {"both"}),
        layer("norm", "lrn", {"relu2"}, {{"alpha", 0.1}, {"beta", 0.75}, {"size", std::int64_t{3}}}),
        layer("pool", "pool", {"norm"},
              {{"mode", std::string("max")}, {"kernel", std::int64_t{3}}, {"stride", std::int64_t{2}}}),
        layer("fc", "fc", {"pool"}, {{"outputs", std::int64_t{3}}}, true),
        layer("prob", "softmax", {"fc"}),
    };
    return net;
}

NetDef without_dropout(NetDef net) {
    for (auto& each : net.layers)
        if (each.type == "dropout") each.attributes.set("ratio", 0.0);
    return net;
}

std::shared_ptr<const Model> seeded(const NetDef& net, std::uint64_t seed) {
    return initialise(net, seed);
}

Photos photos_for(const NetDef& net, int count, int classes, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::uniform_int_distribution<int> noise(-60, 60);
    Photos photos;
    photos.count = count;
    const int height = net.preprocessing.height, width = net.preprocessing.width;
    for (int i = 0; i < count; ++i) {
        const int label = static_cast<int>(random() % static_cast<unsigned>(classes));
        photos.labels.push_back(label);
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x)
                for (int c = 0; c < 3; ++c) {
                    const int slope = (label + c) % 3 == 0 ? 100 * x / width : 100 * y / height;
                    photos.pixels.push_back(
                        static_cast<std::uint8_t>(std::clamp(70 + slope + noise(random), 0, 255)));
                }
    }
    return photos;
}

SolverConfig short_solver(double rate, std::int64_t iterations) {
    SolverConfig solver;
    solver.base_rate = rate;
    solver.iterations = iterations;
    return solver;
}

}  // namespace emulsion::testing
