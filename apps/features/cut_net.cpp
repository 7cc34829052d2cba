// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/features/cut_net.h"

#include <spdlog/fmt/fmt.h>

#include <emulsion/error.h>
#include <algorithm>
#include <set>
#include <vector>

namespace emulsion::apps {
namespace {

bool reads(const LayerDef& layer, const std::string& value) {
    return std::count(layer.inputs.begin(), layer.inputs.end(), value) != 0;
}

const LayerDef& layer_called(const NetDef& net, const std::string& name) {
    std::vector<std::string> names;
    for (const LayerDef& layer : net.layers) {
        if (layer.name == name) return layer;
        names.push_back(layer.name);
    }
    throw Error(Error::Kind::usage, fmt::format("--layer {}: the net {} has no such layer; there are {}",
                                                name, net.name, fmt::join(names, ", ")));
}

/// The ReLU that reads a value, if nothing else does.
const LayerDef* relu_after(const NetDef& net, const std::string& value) {
    const LayerDef* reader = nullptr;
    for (const LayerDef& layer : net.layers) {
        if (!reads(layer, value)) continue;
        if (reader != nullptr) return nullptr;
        reader = &layer;
    }
    return reader != nullptr && reader->type == "relu" ? reader : nullptr;
}

}  // namespace

std::string value_of_layer(const NetDef& net, const std::string& layer, bool before_relu) {
    const std::string& output = layer_called(net, layer).outputs.at(0);
    const LayerDef* const relu = relu_after(net, output);
    if (before_relu && relu == nullptr)
        throw Error(
            Error::Kind::usage,
            fmt::format("--before-relu: no ReLU follows the layer {} of the net {}", layer, net.name));
    return before_relu || relu == nullptr ? output : relu->outputs.at(0);
}

std::shared_ptr<const Model> cut_at(const std::shared_ptr<const Model>& model, const std::string& value) {
    NetDef net = model->net();
    std::set<std::string> wanted{value}, layers;
    for (auto layer = net.layers.rbegin(); layer != net.layers.rend(); ++layer) {
        const auto is_wanted = [&](const std::string& output) { return wanted.count(output) != 0; };
        if (std::none_of(layer->outputs.begin(), layer->outputs.end(), is_wanted)) continue;
        layers.insert(layer->name);
        wanted.insert(layer->inputs.begin(), layer->inputs.end());
    }
    std::erase_if(net.layers, [&](const LayerDef& layer) { return layers.count(layer.name) == 0; });
    net.classes.clear();

    std::vector<std::span<const float>> weights;
    const std::vector<Parameter> kept = parameters_of(net, model->factory());
    for (std::size_t i = 0; i < model->parameters().size(); ++i)
        if (weights.size() < kept.size() && model->parameters()[i].name == kept[weights.size()].name)
            weights.push_back(model->weights(i));
    return std::make_shared<Model>(std::move(net), model->factory(), std::move(weights), model,
                                   model->provenance());
}

}  // namespace emulsion::apps
