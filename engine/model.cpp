// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "emulsion/model.h"

#include <algorithm>
#include <cmath>

#include "emulsion/error.h"
#include "engine/graph.h"
#include "engine/packed_cache.h"

namespace emulsion {

void Layer::fail(const std::string& message) const {
    throw Error(Error::Kind::data, "layer " + def_.name + " (" + def_.type + "): " + message);
}

std::int64_t ParamShape::count() const {
    std::int64_t product = 1;
    for (const std::int64_t side : shape) product *= side;
    return product;
}

std::int64_t Parameter::count() const {
    return ParamShape{name, shape}.count();
}

std::vector<Parameter> parameters_of(const NetDef& net, const LayerFactory& factory) {
    return build_graph(net, Mode::inference, Options{}, factory).parameters;
}

Model::Model(NetDef net, LayerFactory factory, std::vector<std::span<const float>> weights,
             std::shared_ptr<const void> owner, std::map<std::string, std::string> provenance)
    : net_(std::move(net)),
      factory_(std::move(factory)),
      parameters_(parameters_of(net_, factory_)),
      weights_(std::move(weights)),
      owner_(std::move(owner)),
      provenance_(std::move(provenance)),
      packed_(std::make_unique<PackedCache>()) {
    if (weights_.size() != parameters_.size())
        throw Error(Error::Kind::data, "net " + net_.name + " has " + std::to_string(parameters_.size()) +
                                           " parameters, but was given " + std::to_string(weights_.size()));
    for (std::size_t i = 0; i < weights_.size(); ++i)
        if (static_cast<std::int64_t>(weights_[i].size()) != parameters_[i].count())
            throw Error(Error::Kind::data, "parameter " + parameters_[i].name + " has " +
                                               std::to_string(parameters_[i].count()) +
                                               " values, but was given " +
                                               std::to_string(weights_[i].size()));
}

Model::~Model() = default;

std::int64_t Model::parameter_count() const {
    std::int64_t sum = 0;
    for (const auto& each : parameters_) sum += each.count();
    return sum;
}

bool all_finite(std::span<const float> values) {
    return std::ranges::all_of(values, [](float value) { return std::isfinite(value); });
}

}  // namespace emulsion
