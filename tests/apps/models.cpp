// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/apps/models.h"

#include <emulsion/safetensors.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <random>

#include "tests/apps/fixtures.h"

namespace emulsion::test {

std::shared_ptr<const Model> random_model(const NetDef& net, std::uint64_t seed) {
    const auto fresh = initialise(net, seed);
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<float> uniform(-0.5F, 0.5F);
    std::vector<std::vector<float>> weights;
    for (std::size_t i = 0; i < fresh->parameters().size(); ++i) {
        weights.emplace_back(fresh->weights(i).begin(), fresh->weights(i).end());
        if (!fresh->parameters()[i].name.ends_with(".bias")) continue;
        for (float& value : weights.back()) value = uniform(random);
    }
    return model_of(net, std::move(weights));
}

NetDef small_net() {
    using Int = std::int64_t;
    const Filler filler{.kind = Filler::Kind::gaussian, .mean = 0, .deviation = 0.1};
    const auto filled = [&](LayerDef def) {
        def.params[0].filler = filler;
        return def;
    };
    NetDef net = net_of(
        20, 20,
        {filled(
             weighted("conv1", "conv", "data", {{"outputs", Int{8}}, {"kernel", Int{3}}, {"pad", Int{1}}})),
         layer("relu1", "relu", "conv1"),
         layer("norm1", "lrn", "relu1", {{"size", Int{5}}, {"alpha", 1e-4}, {"beta", 0.75}}),
         layer("pool1", "pool", "norm1",
               {{"mode", std::string("max")},
                {"kernel", Int{3}},
                {"stride", Int{2}},
                {"round", std::string("up")}}),
         filled(weighted("conv2", "conv", "pool1",
                         {{"outputs", Int{6}}, {"kernel", Int{3}}, {"groups", Int{2}}})),
         layer("relu2", "relu", "conv2"), layer("drop2", "dropout", "relu2", {{"ratio", 0.25}}),
         filled(weighted("fc3", "fc", "drop2", {{"outputs", Int{3}}})), layer("prob", "softmax", "fc3")});
    net.name = "small";
    net.preprocessing.bgr = true;
    net.preprocessing.mean = {104, 117, 123};
    net.preprocessing.height = net.preprocessing.width = 24;
    return net;
}

std::vector<float> random_inputs(const NetDef& net, int batch, float largest) {
    std::mt19937_64 random(3);
    std::uniform_real_distribution<float> uniform(-largest, largest);
    std::vector<float> inputs(static_cast<std::size_t>(batch * net.channels * net.height * net.width));
    for (float& value : inputs) value = uniform(random);
    return inputs;
}

void save_inputs(const std::string& path, const NetDef& net, int batch, std::span<const float> inputs) {
    write_safetensors(path, {},
                      {{"data", "F32", {batch, net.channels, net.height, net.width}, std::as_bytes(inputs)}});
}

Values values_of(const std::shared_ptr<const Model>& model, std::span<const float> inputs, int batch) {
    Options options;
    options.batch = batch;
    options.fuse = false;
    options.hold_all = true;
    Session session(model, options);
    session.run(inputs, batch);
    const std::vector<std::string> readable = session.readable();
    Values values;
    for (const LayerDef& layer : model->net().layers) {
        const bool there = std::ranges::find(readable, layer.outputs[0]) != readable.end();
        if (layer.type != "dropout" && there) values[layer.outputs[0]] = session.value(layer.outputs[0]);
    }
    return values;
}

std::vector<float> outputs_of(const std::shared_ptr<const Model>& model, std::span<const float> inputs,
                              int batch) {
    Options options;
    options.batch = batch;
    Session session(model, options);
    const auto outputs = session.run(inputs, batch);
    return {outputs.begin(), outputs.end()};
}

Values values_in(const std::string& path) {
    const auto file = SafetensorsFile::open(path);
    Values values;
    for (const FileTensor& tensor : file->tensors()) {
        std::vector<float>& value = values[tensor.name];
        value.resize(tensor.data.size() / sizeof(float));
        if (!value.empty()) std::memcpy(value.data(), tensor.data.data(), tensor.data.size());
    }
    return values;
}

double expect_close(std::span<const float> found, std::span<const float> expected, double tolerance,
                    const std::string& what) {
    EXPECT_EQ(found.size(), expected.size()) << what;
    if (found.size() != expected.size()) return 1;
    double largest = 0, worst = 0;
    for (const float value : expected) largest = std::max(largest, std::abs(static_cast<double>(value)));
    for (std::size_t i = 0; i < found.size(); ++i) {
        const double difference = std::abs(static_cast<double>(found[i]) - static_cast<double>(expected[i]));
        if (!(difference <= tolerance * largest)) {
            ADD_FAILURE() << what << ", number " << i << ": " << found[i] << " and not " << expected[i];
            return 1;
        }
        worst = std::max(worst, difference);
    }
    return largest > 0 ? worst / largest : 0;
}

void expect_same_values(const std::shared_ptr<const Model>& model, std::span<const float> inputs, int batch,
                        const Values& witnessed) {
    const Values found = values_of(model, inputs, batch);
    double worst = 0;
    std::size_t compared = 0, numbers = 0;
    const std::vector<float>* last = nullptr;
    for (const LayerDef& layer : model->net().layers) {
        if (layer.type == "dropout") continue;
        const auto theirs =
            witnessed.contains(layer.name) ? witnessed.find(layer.name) : witnessed.find(layer.outputs[0]);
        ASSERT_NE(theirs, witnessed.end()) << layer.name;
        const std::vector<float>& value = found.at(layer.outputs[0]);
        worst = std::max(worst, expect_close(value, theirs->second, witness_tolerance, layer.name));
        ++compared;
        numbers += value.size();
        last = &theirs->second;
    }
    const double fused = expect_close(outputs_of(model, inputs, batch), *last, witness_tolerance, "fused");
    std::printf(
        "batch %d: %zu layers, %zu numbers, worst difference %.1e of the layer's largest; fused %.1e\n",
        batch, compared, numbers, worst, fused);
}

void expect_same_weights(const Model& found, const Model& expected) {
    ASSERT_EQ(found.parameters().size(), expected.parameters().size());
    for (std::size_t i = 0; i < expected.parameters().size(); ++i) {
        const Parameter& p = expected.parameters()[i];
        EXPECT_EQ(found.parameters()[i].name, p.name);
        EXPECT_EQ(found.parameters()[i].shape, p.shape);
        ASSERT_EQ(found.weights(i).size(), expected.weights(i).size());
        EXPECT_EQ(std::memcmp(found.weights(i).data(), expected.weights(i).data(),
                              expected.weights(i).size_bytes()),
                  0)
            << p.name;
    }
}

}  // namespace emulsion::test
