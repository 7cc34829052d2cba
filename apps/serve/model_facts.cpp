// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/serve/model_facts.h"

#include <span>

#include "engine/sha256.h"

namespace emulsion::serve {
namespace {

std::string digest(std::span<const float> values) {
    return sha256(std::as_bytes(values));
}

}  // namespace

ModelFacts facts_of(const Model& model, const std::string& name) {
    const NetDef& net = model.net();
    // A digest of digests: each stands for its part, in the order of the net. The definition holds the
    // preprocessing but for the mean image's values.
    std::string parts = to_json(net) + digest(net.preprocessing.mean_image);
    for (std::size_t i = 0; i < model.parameters().size(); ++i) parts += digest(model.weights(i));

    ModelFacts facts;
    facts.name = name;
    facts.fingerprint = sha256(std::as_bytes(std::span(parts)));
    facts.height = static_cast<int>(net.height);
    facts.width = static_cast<int>(net.width);
    return facts;
}

}  // namespace emulsion::serve
