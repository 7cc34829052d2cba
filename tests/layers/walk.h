// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Takes a net through its layers' setup and forward, without the engine.
#pragma once

#include <emulsion/layer.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/layers/recording_builder.h"

namespace emulsion::test {

/// A layer made from the standard table.
inline std::unique_ptr<Layer> make_layer(const std::string& type, const Attributes& attributes = {},
                                         const std::string& name = "it") {
    return standard_layers().at(type)({name, type, {"data"}, {name}, attributes, {}});
}

/// What one layer of a net turned out to be.
struct LayerFacts {
    LayerDef def;
    Shape output;
    std::vector<ParamShape> parameters;
    double flop = 0;  ///< forward, at inference
};

inline std::vector<LayerFacts> walk(const NetDef& net, std::int64_t batch = 1) {
    std::map<std::string, Shape> shapes = {{"data", {batch, net.channels, net.height, net.width}}};
    std::vector<LayerFacts> steps;
    for (const LayerDef& def : net.layers) {
        const auto layer = standard_layers().at(def.type)(def);
        std::vector<Shape> inputs;
        for (const std::string& name : def.inputs) inputs.push_back(shapes.at(name));
        const Shape output = layer->setup(inputs).at(0);
        shapes[def.outputs.at(0)] = output;

        RecordingBuilder builder;
        layer->forward(builder);
        double flop = 0;
        for (const Emitted& op : builder.emitted) flop += kernels::cost(op.operation).flop;
        steps.push_back({def, output, layer->parameters(), flop});
    }
    return steps;
}

inline std::int64_t parameter_count(const std::vector<LayerFacts>& steps) {
    std::int64_t sum = 0;
    for (const LayerFacts& step : steps)
        for (const ParamShape& parameter : step.parameters) sum += parameter.count();
    return sum;
}

}  // namespace emulsion::test
