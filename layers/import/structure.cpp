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

/// How a layer with weights is reached, along first inputs, from the one before it.
struct Way {
    std::string from = "data";  ///< a layer's name, or "data"
    int steps = 0;              ///< a number for the layers in between: equal if they are and are set alike
    const LayerDef* to = nullptr;  ///< the layer with weights
};

/// The ways of nets. Each is one step longer than another, so that all of them together take no more room and
/// time than the nets.
class Ways {
   public:
    std::map<std::string, Way> of(const NetDef& net) {
        std::map<std::string, Way> ways, of_values;
        for (const LayerDef& layer : net.layers) {
            Way after{layer.name};
            if (!layer.inputs.empty()) {
                const Way& before = of_values[layer.inputs[0]];
                if (has_weights(layer))
                    ways[layer.name] = {before.from, before.steps, &layer};
                else
                    after = layer.type == "dropout" ? before : Way{before.from, step(before.steps, layer)};
            }
            for (const std::string& output : layer.outputs) of_values[output] = after;
        }
        return ways;
    }

    /// In the order of the net.
    std::vector<const LayerDef*> steps_of(const Way& way) const {
        std::vector<const LayerDef*> steps;
        for (int at = way.steps; at != 0; at = steps_[static_cast<std::size_t>(at - 1)].before)
            steps.push_back(steps_[static_cast<std::size_t>(at - 1)].layer);
        std::ranges::reverse(steps);
        return steps;
    }

   private:
    struct Step {
        int before;  ///< the number of the steps before it
        const LayerDef* layer;
    };

    int step(int before, const LayerDef& layer) {
        const auto next = static_cast<int>(steps_.size()) + 1;
        const auto [found, added] = numbers_.emplace(std::pair(before, describe(layer, true)), next);
        if (added) steps_.push_back({before, &layer});
        return found->second;
    }

    std::vector<Step> steps_;  ///< by number, from 1; 0 is none
    std::map<std::pair<int, std::string>, int> numbers_;
};

std::string types_of(const std::vector<const LayerDef*>& steps) {
    std::string text;
    for (const LayerDef* step : steps) text += (text.empty() ? "" : ", ") + step->type;
    return text.empty() ? "nothing" : text;
}

std::string difference_of_steps(const std::vector<const LayerDef*>& file,
                                const std::vector<const LayerDef*>& net) {
    const std::string theirs = types_of(file), ours = types_of(net);
    if (theirs != ours) return theirs + ", and the net has " + ours;
    std::size_t i = 0;
    while (describe(*file[i], true) == describe(*net[i], true)) ++i;
    return describe(*file[i], true) + ", and the net has " + describe(*net[i], true);
}

// What lies before the layer with weights, or how it is set itself. How many outputs there are, the shapes of
// the weights tell.
std::string difference_between(const Ways& ways, const Way& file, const Way& net) {
    if (file.from == net.from && file.steps != net.steps)
        return "between " + net.from + " and " + net.to->name + " it has " +
               difference_of_steps(ways.steps_of(file), ways.steps_of(net));
    const std::string layer = describe(*file.to, false), wanted = describe(*net.to, false);
    return layer == wanted ? "" : net.to->name + " is " + layer + ", and in the net " + wanted;
}

}  // namespace

std::vector<std::string> structure_of(const NetDef& net) {
    return Lines(net).take();
}

std::string difference_between(const NetDef& file, const NetDef& wanted) {
    Ways ways;
    const auto theirs = ways.of(file), ours = ways.of(wanted);
    for (const LayerDef& layer : wanted.layers) {
        const auto mine = ours.find(layer.name), other = theirs.find(layer.name);
        if (mine == ours.end() || other == theirs.end()) continue;
        const std::string difference = difference_between(ways, other->second, mine->second);
        if (!difference.empty()) return difference;
    }
    return "";
}

}  // namespace emulsion
