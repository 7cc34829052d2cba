// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Models that come from no file: fresh ones.
#include <emulsion/model.h>
#include <emulsion/random.h>

#include "layers/weight_buffer.h"

namespace emulsion {
namespace {

using Weights = std::vector<std::span<const float>>;

WeightBuffer buffer_for(const std::vector<Parameter>& parameters) {
    std::size_t floats = 0;
    for (const Parameter& p : parameters) floats += WeightBuffer::padded(p.count());
    return WeightBuffer(floats);
}

// Each parameter has a random stream of its own: what it gets depends on no other parameter's size.
void fill_fresh(const Parameter& p, std::span<float> values, std::uint64_t seed, std::size_t index) {
    fill(p.def.filler, values, p.fan_in, p.fan_out, seed, index);
}

}  // namespace

std::shared_ptr<const Model> initialise(const NetDef& net, std::uint64_t seed, const LayerFactory& factory) {
    const std::vector<Parameter> parameters = parameters_of(net, factory);
    WeightBuffer buffer = buffer_for(parameters);
    Weights weights;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const std::span<float> values = buffer.cut(parameters[i].count());
        fill_fresh(parameters[i], values, seed, i);
        weights.push_back(values);
    }
    return std::make_shared<Model>(net, factory, std::move(weights), buffer.owner(),
                                   std::map<std::string, std::string>{});
}

}  // namespace emulsion
