// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "layers/import/structure.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>
#include <set>

namespace emulsion {
namespace {

using Value = Attributes::Value;

// Stated or not, these mean the same.
const std::map<std::string, Value> defaults = {
    {"stride", std::int64_t{1}}, {"pad", std::int64_t{0}},     {"groups", std::int64_t{1}},  {"bias", true},
    {"global", false},           {"mode", std::string("max")}, {"round", std::string("up")}, {"k", 1.0},
};

std::string text_of(const Value& value) {
    if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    const auto* whole = std::get_if<std::int64_t>(&value);
    char number[32];
    // Six digits: 1e-4 read from text and 1e-4 kept as fp32 on the wire are one number.
    std::snprintf(number, sizeof number, "%.6g",
                  whole != nullptr ? static_cast<double>(*whole) : std::get<double>(value));
    return number;
}

// A window given by its two sides is a square one if they are equal.
Attributes squared(const Attributes& attributes) {
    Attributes result;
    for (const auto& [key, value] : attributes.all()) {
        const bool height = key.ends_with("_h"), width = key.ends_with("_w");
        const std::string stem = height || width ? key.substr(0, key.size() - 2) : key;
        const bool square = (height || width) && attributes.has(stem + "_h") && attributes.has(stem + "_w") &&
                            attributes.integer(stem + "_h") == attributes.integer(stem + "_w");
        result.set(square ? stem : key, value);
    }
    return result;
}

bool has_weights(const LayerDef& layer) {
    return layer.type == "conv" || layer.type == "fc";
}

std::string describe(const LayerDef& layer, bool with_outputs) {
    std::string line = layer.type;
    const Attributes attributes = squared(layer.attributes);
    for (const auto& [key, value] : attributes.all()) {
        const auto usual = defaults.find(key);
        if (usual != defaults.end() && text_of(usual->second) == text_of(value)) continue;
        if (key == "divisor" && layer.attributes.flag("global", false)) continue;  // the same without padding
        if (key == "outputs" && !with_outputs) continue;
        line += " " + key + "=" + text_of(value);
    }
    return line;
}

// What stands for each value: that of the line that makes it, dropout looked through.
class Lines {
   public:
    explicit Lines(const NetDef& net) {
        int last_weighted = -1;
        for (std::size_t i = 0; i < net.layers.size(); ++i) {
            if (has_weights(net.layers[i])) last_weighted = static_cast<int>(i);
        }
        maker_["data"] = "data";
        for (std::size_t i = 0; i < net.layers.size(); ++i) {
            const LayerDef& layer = net.layers[i];
            const bool closing =
                i + 1 == net.layers.size() && (layer.type == "softmax" || layer.type == "softmax_loss");
            if (layer.type == "dropout" || closing) {
                for (const std::string& output : layer.outputs) maker_[output] = maker_[layer.inputs.at(0)];
                continue;
            }
            std::string line = describe(layer, static_cast<int>(i) != last_weighted) + " <-";
            for (const std::string& input : layer.inputs) line += " " + maker_[input];
            for (const std::string& output : layer.outputs) maker_[output] = std::to_string(lines_.size());
            lines_.push_back(std::move(line));
        }
    }
    std::vector<std::string> take() { return std::move(lines_); }

   private:
    std::map<std::string, std::string> maker_;
    std::vector<std::string> lines_;
};

/// The way from one layer with weights back to the one before it, along first inputs.
struct Way {
    std::string from;                    ///< a layer's name, or "data"
    const LayerDef* to = nullptr;        ///< the layer with weights
    std::vector<const LayerDef*> steps;  ///< in the order of the net
};

std::map<std::string, Way> ways_of(const NetDef& net) {
    std::map<std::string, const LayerDef*> makers;
    for (const LayerDef& layer : net.layers) {
        for (const std::string& output : layer.outputs) makers[output] = &layer;
    }
    std::map<std::string, Way> ways;
    for (const LayerDef& layer : net.layers) {
        if (!has_weights(layer) || layer.inputs.empty()) continue;
        Way way{"data", &layer, {}};
        std::string value = layer.inputs[0];
        for (auto found = makers.find(value); found != makers.end(); found = makers.find(value)) {
            const LayerDef* at = found->second;
            if (has_weights(*at) || at->inputs.empty()) {
                way.from = at->name;
                break;
            }
            if (at->type != "dropout") way.steps.insert(way.steps.begin(), at);
            value = at->inputs[0];
        }
        ways[layer.name] = std::move(way);
    }
    return ways;
}

std::vector<std::string> types_of(const Way& way) {
    std::vector<std::string> types;
    for (const LayerDef* step : way.steps) types.push_back(step->type);
    return types;
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
    return text.empty() ? "nothing" : text;
}

// What lies between the two layers, then how each of it is set, then the layer with weights itself.
std::string difference_between(const Way& file, const Way& net) {
    const std::string place = "between " + net.from + " and " + net.to->name;
    if (file.from == net.from) {
        const auto theirs = types_of(file), ours = types_of(net);
        if (theirs != ours) return place + " it has " + joined(theirs) + ", and the net has " + joined(ours);
        for (std::size_t i = 0; i < net.steps.size(); ++i) {
            const std::string step = describe(*file.steps[i], true), wanted = describe(*net.steps[i], true);
            if (step != wanted) return place + " it has " + step + ", and the net has " + wanted;
        }
    }
    // How many outputs there are, the shapes of the weights tell.
    const std::string layer = describe(*file.to, false), wanted = describe(*net.to, false);
    return layer == wanted ? "" : net.to->name + " is " + layer + ", and in the net " + wanted;
}

}  // namespace

std::vector<std::string> structure_of(const NetDef& net) {
    return Lines(net).take();
}

std::string difference_between(const NetDef& file, const NetDef& wanted) {
    const auto theirs = ways_of(file), ours = ways_of(wanted);
    for (const LayerDef& layer : wanted.layers) {
        const auto mine = ours.find(layer.name), other = theirs.find(layer.name);
        if (mine == ours.end() || other == theirs.end()) continue;
        const std::string difference = difference_between(other->second, mine->second);
        if (!difference.empty()) return difference;
    }
    return "";
}

}  // namespace emulsion
