// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// NetDef as JSON, as the native model file keeps it:
//
//   {"version": 1, "name": "...", "input": {"channels": 3, "height": 227, "width": 227},
//    "classes": [...], "preprocessing": {...},
//    "layers": [{"name": "conv1", "type": "convolution", "inputs": ["data"], "outputs": ["conv1"],
//                "attributes": {"stride": 4, ...},
//                "params": [{"name": "weight", "rate_mult": 1.0, "decay_mult": 1.0,
//                            "filler": {"kind": "gaussian", "deviation": 0.01}}, ...]}, ...]}
//
// Every key must be there, and no other: a preprocessing step that a reader fills in or passes over
// spoils every score. Only a filler leaves out what it does not use.
#include <emulsion/error.h>
#include <emulsion/netdef.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <string_view>
#include <utility>

#include "engine/json.h"

namespace emulsion {
namespace {

constexpr std::int64_t version = 1;
constexpr std::size_t longest_text = std::size_t{16} << 20;
constexpr std::int64_t largest_side = 65'536;

template <class E>
struct Word {
    E value;
    const char* word;
};
template <class E>
Word(E, const char*) -> Word<E>;

constexpr std::array decoders{Word{Preprocessing::Decoder::exact, "exact"},
                              Word{Preprocessing::Decoder::scaled, "scaled"}};
constexpr std::array portraits{Word{Preprocessing::Portrait::keep, "keep"},
                               Word{Preprocessing::Portrait::rotate, "rotate"}};
constexpr std::array fits{Word{Preprocessing::Fit::squash, "squash"},
                          Word{Preprocessing::Fit::short_side, "short_side"}};
constexpr std::array filters{
    Word{Preprocessing::Filter::nearest, "nearest"}, Word{Preprocessing::Filter::bilinear, "bilinear"},
    Word{Preprocessing::Filter::bicubic, "bicubic"}, Word{Preprocessing::Filter::area, "area"},
    Word{Preprocessing::Filter::lanczos, "lanczos"}};
constexpr std::array fillers{Word{Filler::Kind::constant, "constant"},
                             Word{Filler::Kind::gaussian, "gaussian"}, Word{Filler::Kind::uniform, "uniform"},
                             Word{Filler::Kind::xavier, "xavier"}, Word{Filler::Kind::msra, "msra"}};

/// The fields of a filler that stand in JSON where they are not the default.
struct FillerField {
    const char* key;
    double Filler::*field;
};
constexpr std::array filler_fields{FillerField{"value", &Filler::value}, FillerField{"mean", &Filler::mean},
                                   FillerField{"deviation", &Filler::deviation},
                                   FillerField{"low", &Filler::low}, FillerField{"high", &Filler::high}};

// ---------------------------------------------------------------------------------------------
// Writing

template <class Words, class E>
json::Value word_of(const Words& words, E value) {
    return std::find_if(words.begin(), words.end(), [&](const auto& w) { return w.value == value; })->word;
}

json::Value list_of(const std::vector<std::string>& texts) {
    return json::Array(texts.begin(), texts.end());
}

bool fits_float(double value) {
    return std::abs(value) <= std::numeric_limits<float>::max();
}

/// A float as the number a person would write (0.1, not 0.10000000149011612) wherever that reads back
/// as the same float.
double plainly(float value) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    double plain = 0;
    std::from_chars(digits.data(), end, plain);
    return fits_float(plain) && static_cast<float>(plain) == value ? plain : double{value};
}

json::Value list_of(const std::array<float, 3>& values) {
    return json::Array{plainly(values[0]), plainly(values[1]), plainly(values[2])};
}

json::Value written(const Preprocessing& p) {
    return json::Object{{"decoder", word_of(decoders, p.decoder)},
                        {"orient", p.orient},
                        {"portrait", word_of(portraits, p.portrait)},
                        {"fit", word_of(fits, p.fit)},
                        {"filter", word_of(filters, p.filter)},
                        {"height", p.height},
                        {"width", p.width},
                        {"crop_height", p.crop_height},
                        {"crop_width", p.crop_width},
                        {"bgr", p.bgr},
                        {"mean", list_of(p.mean)},
                        {"scale", list_of(p.scale)},
                        {"mean_image", !p.mean_image.empty()}};
}

json::Value written(const Filler& filler) {
    json::Object object{{"kind", word_of(fillers, filler.kind)}};
    for (const auto& [key, field] : filler_fields) {
        if (filler.*field != Filler{}.*field) object.emplace_back(key, filler.*field);
    }
    return object;
}

json::Value written(const ParamDef& param) {
    return json::Object{{"name", param.name},
                        {"rate_mult", param.rate_mult},
                        {"decay_mult", param.decay_mult},
                        {"filler", written(param.filler)}};
}

json::Value written(const Attributes& attributes) {
    json::Object object;
    for (const auto& [key, value] : attributes.all()) {
        object.emplace_back(key, std::visit([](const auto& v) { return json::Value(v); }, value));
    }
    return object;
}

json::Value written(const LayerDef& layer);

template <class T>
json::Value written(const std::vector<T>& items) {
    json::Array array;
    for (const T& item : items) array.push_back(written(item));
    return array;
}

json::Value written(const LayerDef& layer) {
    return json::Object{{"name", layer.name},
                        {"type", layer.type},
                        {"inputs", list_of(layer.inputs)},
                        {"outputs", list_of(layer.outputs)},
                        {"attributes", written(layer.attributes)},
                        {"params", written(layer.params)}};
}

// ---------------------------------------------------------------------------------------------
// Reading

/// A value of the document and the path that led to it, so that an error can say where.
class Node {
   public:
    Node(const json::Value& value, std::string where, std::string path)
        : value_(&value), where_(std::move(where)), path_(std::move(path)) {}

    [[noreturn]] void fail(const std::string& what) const {
        throw Error(Error::Kind::data, where_ + ": " + (path_.empty() ? "" : path_ + ": ") + what);
    }

    template <class T>
    const T& as(const char* expected) const {
        const T* value = value_->get<T>();
        if (value == nullptr) fail(std::string("expected ") + expected + ", found " + value_->kind());
        return *value;
    }
    bool flag() const { return as<bool>("true or false"); }
    const std::string& text() const { return as<std::string>("text"); }
    double real() const {
        const auto* integer = value_->get<std::int64_t>();
        return integer != nullptr ? static_cast<double>(*integer) : as<double>("a number");
    }
    std::int64_t integer(std::int64_t low, std::int64_t high) const {
        const auto value = as<std::int64_t>("an integer");
        if (value < low || value > high) {
            fail("expected " + std::to_string(low) + ".." + std::to_string(high) + ", found " +
                 std::to_string(value));
        }
        return value;
    }
    /// The real number as a float; one beyond a float's range is an error.
    float real32() const {
        const double value = real();
        if (!fits_float(value)) fail("beyond the range of a float");
        return static_cast<float>(value);
    }

    template <class Words>
    auto one_of(const Words& words) const {
        std::string known;
        for (const auto& [value, word] : words) {
            if (text() == word) return value;
            known += (known.empty() ? "" : ", ") + std::string(word);
        }
        fail("expected one of " + known + ", found \"" + json::printable(text()) + '"');
    }

    std::vector<Node> items() const {
        std::vector<Node> nodes;
        for (const auto& item : as<json::Array>("a list")) {
            nodes.emplace_back(item, where_, path_ + '[' + std::to_string(nodes.size()) + ']');
        }
        return nodes;
    }

    std::vector<std::string> texts() const {
        std::vector<std::string> result;
        for (const Node& item : items()) result.push_back(item.text());
        return result;
    }

    /// Demands an object with each key of `needed`, and none that is neither there nor in `optional`.
    void keys(std::initializer_list<std::string_view> needed,
              std::initializer_list<std::string_view> optional = {}) const {
        const auto holds = [](const auto& list, std::string_view key) {
            return std::find(list.begin(), list.end(), key) != list.end();
        };
        for (const auto& [key, member] : as<json::Object>("an object")) {
            if (!holds(needed, key) && !holds(optional, key)) below(key, member).fail("unknown key");
        }
        for (const auto key : needed) {
            if (value_->find(key) == nullptr) fail("key \"" + std::string(key) + "\" is missing");
        }
    }
    /// A member that keys() has found.
    Node at(const std::string& key) const { return below(key, *value_->find(key)); }
    bool has(const std::string& key) const { return value_->find(key) != nullptr; }

    std::vector<std::pair<std::string, Node>> members() const {
        std::vector<std::pair<std::string, Node>> result;
        for (const auto& [key, member] : as<json::Object>("an object")) {
            result.emplace_back(key, below(key, member));
        }
        return result;
    }
    const json::Value& value() const { return *value_; }

   private:
    Node below(const std::string& key, const json::Value& member) const {
        return {member, where_, path_ + (path_.empty() ? "" : ".") + json::printable(key)};
    }

    const json::Value* value_;
    std::string where_, path_;
};

std::array<float, 3> read_triple(const Node& node) {
    const auto items = node.items();
    if (items.size() != 3) node.fail("expected three numbers, found " + std::to_string(items.size()));
    return {items[0].real32(), items[1].real32(), items[2].real32()};
}

Preprocessing read_preprocessing(const Node& node) {
    node.keys({"decoder", "orient", "portrait", "fit", "filter", "height", "width", "crop_height",
               "crop_width", "bgr", "mean", "scale", "mean_image"});
    Preprocessing p;
    p.decoder = node.at("decoder").one_of(decoders);
    p.orient = node.at("orient").flag();
    p.portrait = node.at("portrait").one_of(portraits);
    p.fit = node.at("fit").one_of(fits);
    p.filter = node.at("filter").one_of(filters);
    p.height = static_cast<int>(node.at("height").integer(1, largest_side));
    p.width = static_cast<int>(node.at("width").integer(1, largest_side));
    p.crop_height = static_cast<int>(node.at("crop_height").integer(1, p.height));
    p.crop_width = static_cast<int>(node.at("crop_width").integer(1, p.width));
    p.bgr = node.at("bgr").flag();
    p.mean = read_triple(node.at("mean"));
    p.scale = read_triple(node.at("scale"));
    // Stands for the tensor that has yet to be put here; whoever forgets it sees NaN, not a wrong score.
    if (node.at("mean_image").flag()) p.mean_image = {std::numeric_limits<float>::quiet_NaN()};
    return p;
}

Filler read_filler(const Node& node) {
    node.keys({"kind"}, {"value", "mean", "deviation", "low", "high"});
    Filler filler;
    filler.kind = node.at("kind").one_of(fillers);
    for (const auto& [key, field] : filler_fields) {
        if (node.has(key)) filler.*field = node.at(key).real();
    }
    return filler;
}

ParamDef read_param(const Node& node) {
    node.keys({"name", "rate_mult", "decay_mult", "filler"});
    return {node.at("name").text(), node.at("rate_mult").real(), node.at("decay_mult").real(),
            read_filler(node.at("filler"))};
}

Attributes read_attributes(const Node& node) {
    Attributes attributes;
    for (const auto& [key, member] : node.members()) {
        const json::Value& value = member.value();
        if (const auto* flag = value.get<bool>()) {
            attributes.set(key, *flag);
        } else if (const auto* integer = value.get<std::int64_t>()) {
            attributes.set(key, *integer);
        } else if (const auto* real = value.get<double>()) {
            attributes.set(key, *real);
        } else {
            attributes.set(key, member.as<std::string>("true, false, a number or text"));
        }
    }
    return attributes;
}

LayerDef read_layer(const Node& node) {
    node.keys({"name", "type", "inputs", "outputs", "attributes", "params"});
    LayerDef layer;
    layer.name = node.at("name").text();
    layer.type = node.at("type").text();
    layer.inputs = node.at("inputs").texts();
    layer.outputs = node.at("outputs").texts();
    layer.attributes = read_attributes(node.at("attributes"));
    for (const Node& param : node.at("params").items()) layer.params.push_back(read_param(param));
    return layer;
}

}  // namespace

std::string to_json(const NetDef& net) {
    return json::write(json::Object{
        {"version", version},
        {"name", net.name},
        {"input", json::Object{{"channels", net.channels}, {"height", net.height}, {"width", net.width}}},
        {"classes", list_of(net.classes)},
        {"preprocessing", written(net.preprocessing)},
        {"layers", written(net.layers)}});
}

NetDef net_from_json(const std::string& text, const std::string& where) {
    const json::Value document = json::parse(text, where, longest_text);
    const Node root(document, where, "");
    // First of all: a later version may have other keys.
    if (root.has("version") && root.at("version").as<std::int64_t>("an integer") != version) {
        root.at("version").fail("this program reads version " + std::to_string(version) +
                                " only; take a newer one, or save the model again");
    }
    root.keys({"version", "name", "input", "classes", "preprocessing", "layers"});
    const Node input = root.at("input");
    input.keys({"channels", "height", "width"});
    NetDef net;
    net.name = root.at("name").text();
    net.channels = input.at("channels").integer(0, largest_side);
    net.height = input.at("height").integer(0, largest_side);
    net.width = input.at("width").integer(0, largest_side);
    net.classes = root.at("classes").texts();
    net.preprocessing = read_preprocessing(root.at("preprocessing"));
    for (const Node& layer : root.at("layers").items()) net.layers.push_back(read_layer(layer));
    return net;
}

}  // namespace emulsion
