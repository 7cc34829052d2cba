// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "layers/import/structure.h"

#include <algorithm>
#include <cstdio>
#include <iterator>
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

bool closes(const NetDef& net, const LayerDef& layer) {
    return &layer == &net.layers.back() && (layer.type == "softmax" || layer.type == "softmax_loss");
}

/// What a layer with weights reads, or what the net answers.
struct Reading {
    int value = 0;                 ///< equal if it is made alike from the same layers with weights
    const LayerDef* to = nullptr;  ///< the layer; null for the answer
};

/// The values of two nets by number. Each is one layer more than others, so that all of them together take no
/// more room and time than the nets. Layers with weights stand for themselves, those that only one of the
/// nets has for any other.
class Values {
   public:
    explicit Values(std::set<std::string> common) : common_(std::move(common)) {}

    /// By the layer's name; "" is the answer.
    std::map<std::string, Reading> readings_of(const NetDef& net) {
        std::map<std::string, Reading> readings;
        std::map<std::string, int> values = {{"data", origin("data")}};
        for (const LayerDef& layer : net.layers) {
            std::vector<int> inputs;
            for (const std::string& input : layer.inputs) inputs.push_back(values[input]);
            if (inputs.empty()) continue;
            if (has_weights(layer)) readings[layer.name] = {inputs[0], &layer};
            const int value = value_of(net, layer, inputs);
            for (const std::string& output : layer.outputs) values[output] = value;
            readings[""] = {value, nullptr};
        }
        return readings;
    }

    /// The layers without weights that make a value, along first inputs, in the order of the net.
    std::vector<const LayerDef*> steps_to(int value) const {
        std::vector<const LayerDef*> steps;
        for (; at(value).layer != nullptr; value = at(value).first_input) steps.push_back(at(value).layer);
        std::ranges::reverse(steps);
        return steps;
    }
    /// Where those begin: a layer's name, or "data".
    std::string origin_of(int value) const {
        while (at(value).layer != nullptr) value = at(value).first_input;
        return at(value).origin;
    }

   private:
    struct Value {
        const LayerDef* layer = nullptr;  ///< without weights; null for an origin
        int first_input = 0;
        std::string origin;
    };
    using Key = std::pair<std::vector<int>, std::string>;

    const Value& at(int value) const { return values_.at(static_cast<std::size_t>(value)); }

    int value_of(const NetDef& net, const LayerDef& layer, const std::vector<int>& inputs) {
        if (has_weights(layer)) return origin(common_.contains(layer.name) ? layer.name : "another layer");
        if (layer.type == "dropout" || closes(net, layer)) return inputs[0];
        return number({inputs, describe(layer, true)}, {&layer, inputs[0], ""});
    }

    int origin(const std::string& name) { return number({{}, name}, {nullptr, 0, name}); }

    int number(Key key, Value value) {
        const auto [found, added] = numbers_.emplace(std::move(key), static_cast<int>(values_.size()));
        if (added) values_.push_back(std::move(value));
        return found->second;
    }

    std::set<std::string> common_;
    std::vector<Value> values_;
    std::map<Key, int> numbers_;
};

std::string types_of(const std::vector<const LayerDef*>& steps) {
    std::string text;
    for (const LayerDef* step : steps) text += (text.empty() ? "" : ", ") + step->type;
    return text.empty() ? "nothing" : text;
}

// The first of these that differs: where the steps begin, their types, their settings, what else they join.
std::string difference_of_values(const Values& values, int file, int net) {
    const std::string theirs = values.origin_of(file), ours = values.origin_of(net);
    if (theirs != ours) return "it reads " + theirs + ", and the net " + ours;
    const auto steps = values.steps_to(file), wanted = values.steps_to(net);
    if (types_of(steps) != types_of(wanted))
        return "it has " + types_of(steps) + ", and the net has " + types_of(wanted);
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const std::string step = describe(*steps[i], true), other = describe(*wanted[i], true);
        if (step != other) return "it has " + step + ", and the net has " + other;
    }
    return "it joins values in another way than the net";
}

// What lies before the layer with weights, or how it is set itself. How many outputs there are, the shapes of
// the weights tell.
std::string difference_between(const Values& values, const Reading& file, const Reading& net) {
    if (file.value != net.value) {
        const std::string from = values.origin_of(net.value);
        return (net.to != nullptr ? "between " + from + " and " + net.to->name : "after " + from) + " " +
               difference_of_values(values, file.value, net.value);
    }
    if (net.to == nullptr) return "";
    const std::string layer = describe(*file.to, false), wanted = describe(*net.to, false);
    return layer == wanted ? "" : net.to->name + " is " + layer + ", and in the net " + wanted;
}

std::set<std::string> names_with_weights(const NetDef& net) {
    std::set<std::string> names;
    for (const LayerDef& layer : net.layers)
        if (has_weights(layer)) names.insert(layer.name);
    return names;
}

}  // namespace

std::vector<std::string> structure_of(const NetDef& net) {
    return Lines(net).take();
}

std::string difference_between(const NetDef& file, const NetDef& wanted) {
    std::set<std::string> common;
    std::ranges::set_intersection(names_with_weights(file), names_with_weights(wanted),
                                  std::inserter(common, common.end()));
    Values values(common);
    const auto theirs = values.readings_of(file), ours = values.readings_of(wanted);
    for (const LayerDef& layer : wanted.layers) {
        if (!common.contains(layer.name)) continue;
        const std::string difference = difference_between(values, theirs.at(layer.name), ours.at(layer.name));
        if (!difference.empty()) return difference;
    }
    if (common.empty()) return "";
    return difference_between(values, theirs.at(""), ours.at(""));
}

}  // namespace emulsion
