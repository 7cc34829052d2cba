// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "layers/import/match.h"

#include <emulsion/error.h>
#include <emulsion/model.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "layers/findings.h"
#include "layers/weight_buffer.h"

namespace emulsion {
namespace {

using formats::ForeignTensor;
using Sides = std::vector<std::int64_t>;

Sides without_ones(Sides shape) {
    std::erase(shape, 1);
    return shape;
}

// One line for a tensor that was taken: "conv1.weight 96x3x11x11 from features.0.weight".
std::string taken_line(const Parameter& p, const ForeignTensor& tensor) {
    std::string line = p.name + " " + describe_shape(p.shape);
    if (!tensor.origin.empty() && tensor.origin != p.name) line += " from " + tensor.origin;
    return line;
}

/// The tensors by name; a name that comes twice is an error.
std::map<std::string, const ForeignTensor*> index_of(std::span<const ForeignTensor> tensors,
                                                     const std::string& where) {
    std::map<std::string, const ForeignTensor*> index;
    for (const ForeignTensor& tensor : tensors) {
        if (!index.emplace(tensor.name, &tensor).second)
            throw Error(Error::Kind::data, where + ": it holds " + tensor.name + " twice");
    }
    return index;
}

// The parameters, with the file's name in the errors of a net that is unsound.
std::vector<Parameter> declared_parameters(const NetDef& net, const std::string& where) {
    try {
        return parameters_of(net);
    } catch (const Error& e) {
        throw Error(e.kind(), where + ": " + e.what());
    }
}

void refuse_partial(const ImportReport& report, const std::string& where) {
    Findings findings;
    for (const auto* lines : {&report.misshapen, &report.missing, &report.left_over}) {
        for (const std::string& line : *lines) findings.add(line);
    }
    if (findings.none()) return;
    throw Error(Error::Kind::data, where + ": its tensors do not fit the net: " + findings.text() +
                                       " (--allow-missing imports the rest)");
}

}  // namespace

std::shared_ptr<const Model> match(const NetDef& net, std::span<const ForeignTensor> tensors,
                                   const ImportOptions& options, const std::string& where,
                                   ImportReport& report) {
    auto left = index_of(tensors, where);
    const std::vector<Parameter> parameters = declared_parameters(net, where);

    struct Owner {
        std::shared_ptr<const Model> fresh;
        std::vector<std::shared_ptr<const void>> files;
    };
    auto owner = std::make_shared<Owner>();
    std::vector<std::span<const float>> weights;  // empty where no tensor fits
    for (const Parameter& p : parameters) {
        weights.emplace_back();
        const auto found = left.find(p.name);
        if (found == left.end()) {
            report.missing.push_back(p.name + " is missing");
            continue;
        }
        const ForeignTensor& tensor = *found->second;
        left.erase(found);
        if (without_ones(tensor.shape) != without_ones(p.shape)) {
            report.misshapen.push_back(p.name + " is " + describe_shape(tensor.shape) + " and should be " +
                                       describe_shape(p.shape));
            continue;
        }
        if (!all_finite(tensor.values))
            throw Error(Error::Kind::data, where + ": " + p.name + " holds a number that is not finite");
        weights.back() = tensor.values;
        owner->files.push_back(tensor.owner);
        report.loaded.push_back(taken_line(p, tensor));
    }
    for (const auto& [name, tensor] : left) report.left_over.push_back(name + " is left over");
    if (!options.allow_missing) refuse_partial(report, where);
    if (report.loaded.empty())
        throw Error(Error::Kind::data, where + ": none of its tensors fits the net " + net.name);
    if (!report.missing.empty() || !report.misshapen.empty()) {
        owner->fresh = initialise(net, options.seed);
        for (std::size_t i = 0; i < weights.size(); ++i) {
            if (weights[i].empty()) weights[i] = owner->fresh->weights(i);
        }
    }
    return std::make_shared<Model>(net, standard_layers(), std::move(weights), owner,
                                   std::map<std::string, std::string>{});
}

}  // namespace emulsion
