// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A net as pure data: what a reader of model files produces, what `build_net` turns into layers, and
// what the native file keeps as JSON.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "emulsion/preprocessing.h"

namespace emulsion {

/// The settings of one layer, by name. Getters name the key in their errors; a layer refuses keys that it
/// does not know, so that a misspelt setting is never dropped in silence.
class Attributes {
   public:
    using Value = std::variant<bool, std::int64_t, double, std::string>;

    Attributes() = default;
    Attributes(std::initializer_list<std::pair<const std::string, Value>> values) : values_(values) {}

    void set(const std::string& key, Value value) { values_[key] = std::move(value); }
    bool has(const std::string& key) const { return values_.count(key) != 0; }
    const std::map<std::string, Value>& all() const { return values_; }

    /// Each throws Error(data) if the key has another type (an integer serves as a real number) or,
    /// without a fallback, is absent.
    std::int64_t integer(const std::string& key) const;
    std::int64_t integer(const std::string& key, std::int64_t fallback) const;
    double real(const std::string& key, double fallback) const;
    bool flag(const std::string& key, bool fallback) const;
    std::string text(const std::string& key, const std::string& fallback) const;

    bool operator==(const Attributes&) const = default;

   private:
    std::map<std::string, Value> values_;
};

/// How a parameter is initialised, after Caffe's fillers.
struct Filler {
    enum class Kind { constant, gaussian, uniform, xavier, msra };
    Kind kind = Kind::constant;
    double value = 0;                ///< constant
    double mean = 0, deviation = 0;  ///< gaussian
    double low = 0, high = 1;        ///< uniform

    bool operator==(const Filler&) const = default;
};

/// A learnable parameter of a layer; its tensor is named "layer.name", for example "conv1.weight".
struct ParamDef {
    std::string name;
    double rate_mult = 1, decay_mult = 1;  ///< times the solver's learning rate and weight decay
    Filler filler;

    bool operator==(const ParamDef&) const = default;
};

/// One layer: a type known to the layer factory, the values it reads and the values it makes.
struct LayerDef {
    std::string name, type;
    std::vector<std::string> inputs, outputs;
    Attributes attributes;
    std::vector<ParamDef> params;

    bool operator==(const LayerDef&) const = default;
};

/// A directed graph of layers in an order in which they can run. The one input is the value "data".
struct NetDef {
    std::string name;
    std::int64_t channels = 3, height = 0, width = 0;  ///< of the input
    std::vector<LayerDef> layers;
    Preprocessing preprocessing;
    std::vector<std::string> classes;  ///< names of the outputs, if known

    bool operator==(const NetDef&) const = default;
};

/// NetDef, preprocessing included, as JSON and back. `where` names the source in errors (Error(data)).
/// JSON only says whether there is a mean image: it reads back as one NaN, until its tensor is put there.
std::string to_json(const NetDef&);
NetDef net_from_json(const std::string& text, const std::string& where);

}  // namespace emulsion
