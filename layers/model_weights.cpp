// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Models that come from no file: fresh ones, and the start of fine-tuning.
#include <emulsion/error.h>
#include <emulsion/model.h>
#include <emulsion/random.h>

#include <algorithm>
#include <map>

#include "layers/findings.h"
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

// Indices of a model's parameters by name.
std::map<std::string, std::size_t> index_by_name(const std::vector<Parameter>& parameters) {
    std::map<std::string, std::size_t> indices;
    for (std::size_t i = 0; i < parameters.size(); ++i) indices[parameters[i].name] = i;
    return indices;
}

void check_common_shapes(const std::vector<Parameter>& wanted, const Model& source) {
    const auto held = index_by_name(source.parameters());
    Findings findings;
    for (const Parameter& p : wanted) {
        const auto found = held.find(p.name);
        if (found == held.end()) continue;
        const auto& shape = source.parameters()[found->second].shape;
        if (shape != p.shape)
            findings.add(p.name + " is " + describe_shape(shape) + " in " + source.net().name + " and " +
                         describe_shape(p.shape) + " here");
    }
    if (!findings.none())
        throw Error(Error::Kind::data, findings.text() + ": rename the layer to start it afresh");
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

std::shared_ptr<const Model> transfer(const NetDef& net, const Model& source, std::uint64_t seed,
                                      TransferReport* report) {
    const std::vector<Parameter> parameters = parameters_of(net, source.factory());
    check_common_shapes(parameters, source);

    auto left = index_by_name(source.parameters());
    WeightBuffer buffer = buffer_for(parameters);
    TransferReport done;
    Weights weights;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const Parameter& p = parameters[i];
        const std::span<float> values = buffer.cut(p.count());
        if (const auto found = left.find(p.name); found != left.end()) {
            std::ranges::copy(source.weights(found->second), values.begin());
            left.erase(found);
            done.loaded.push_back(p.name);
        } else {
            fill_fresh(p, values, seed, i);
            done.initialised.push_back(p.name);
        }
        weights.push_back(values);
    }
    for (const Parameter& p : source.parameters())
        if (left.contains(p.name)) done.left_over.push_back(p.name);
    if (report != nullptr) *report = std::move(done);
    return std::make_shared<Model>(
        net, source.factory(), std::move(weights), buffer.owner(),
        std::map<std::string, std::string>{{"transferred_from", source.net().name}});
}

}  // namespace emulsion
