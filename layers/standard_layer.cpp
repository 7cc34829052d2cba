// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "layers/standard_layer.h"

#include <emulsion/error.h>

#include <algorithm>
#include <span>

namespace emulsion {
namespace {

// Overflow is avoided by dividing instead of multiplying.
bool fits(std::span<const std::int64_t> shape) {
    std::int64_t room = StandardLayer::most_elements - 1;
    for (const std::int64_t side : shape) {
        if (side < 1 || side > room) return false;
        room /= side;
    }
    return true;
}

std::string list(std::initializer_list<const char*> words) {
    std::string text;
    for (const char* word : words) text += (text.empty() ? "" : ", ") + std::string(word);
    return text;
}

}  // namespace

std::string StandardLayer::Extent::text() const {
    return std::to_string(h) + "x" + std::to_string(w);
}

StandardLayer::StandardLayer(const LayerDef& definition, Words known) : Layer(definition) {
    for (const auto& attribute : def().attributes.all()) {
        const std::string& key = attribute.first;
        const auto same = [&](const char* name) { return key == name; };
        if (std::none_of(known.begin(), known.end(), same))
            fail("there is no setting '" + key + "'; " +
                 (known.size() == 0 ? "this type takes none" : "this type takes " + list(known)));
    }
}

// The getters of Attributes know the key but not the layer.
template <class Read>
auto StandardLayer::named(Read read) const {
    try {
        return read(def().attributes);
    } catch (const Error& e) {
        fail(e.what());
    }
}

std::int64_t StandardLayer::integer(const std::string& key, Range range,
                                    std::optional<std::int64_t> fallback) const {
    const std::int64_t value =
        named([&](const Attributes& a) { return fallback ? a.integer(key, *fallback) : a.integer(key); });
    if (value < range.low || value > range.high)
        fail(key + " is " + std::to_string(value) + "; it must lie in " + std::to_string(range.low) + ".." +
             std::to_string(range.high));
    return value;
}

StandardLayer::Extent StandardLayer::extent(const std::string& key, Range range,
                                            std::optional<int> fallback) const {
    const bool has_h = def().attributes.has(key + "_h"), has_w = def().attributes.has(key + "_w");
    if (has_h != has_w) fail("give both " + key + "_h and " + key + "_w");
    if (!has_h) {
        const int both = static_cast<int>(integer(key, range, fallback));
        return {both, both};
    }
    if (def().attributes.has(key)) fail("give " + key + " or " + key + "_h and " + key + "_w, not both");
    return {static_cast<int>(integer(key + "_h", range)), static_cast<int>(integer(key + "_w", range))};
}

bool StandardLayer::has_extent(const std::string& key) const {
    const Attributes& a = def().attributes;
    return a.has(key) || a.has(key + "_h") || a.has(key + "_w");
}

float StandardLayer::real(const std::string& key, double low, double high, double fallback) const {
    const double value = named([&](const Attributes& a) { return a.real(key, fallback); });
    if (!(value >= low && value <= high))
        fail(key + " is " + std::to_string(value) + "; it must lie in " + std::to_string(low) + ".." +
             std::to_string(high));
    return static_cast<float>(value);
}

bool StandardLayer::flag(const std::string& key, bool fallback) const {
    return named([&](const Attributes& a) { return a.flag(key, fallback); });
}

std::string StandardLayer::word(const std::string& key, Words allowed, const char* fallback) const {
    const std::string value =
        named([&](const Attributes& a) { return a.text(key, fallback != nullptr ? fallback : ""); });
    if (std::none_of(allowed.begin(), allowed.end(), [&](const char* w) { return value == w; }))
        fail(key + (value.empty() ? " is absent" : " is '" + value + "'") +
             "; it must be one of: " + list(allowed));
    return value;
}

Shape StandardLayer::single_input(const std::vector<Shape>& inputs) const {
    if (inputs.size() != 1) fail("it has " + std::to_string(inputs.size()) + " inputs and takes one");
    return checked(inputs[0]);
}

Shape StandardLayer::checked(const Shape& shape) const {
    const std::int64_t sides[] = {shape.n, shape.c, shape.h, shape.w};
    if (std::any_of(std::begin(sides), std::end(sides), [](auto side) { return side < 1; }))
        fail("a value of shape " + kernels::describe(shape) + " is empty");
    if (!fits(sides) || *std::max_element(std::begin(sides), std::end(sides)) > longest_side)
        fail("a value of shape " + kernels::describe(shape) + " is too large");
    return shape;
}

ParamShape StandardLayer::parameter(const std::string& name, std::vector<std::int64_t> shape) const {
    if (!fits(shape)) fail("its parameter '" + name + "' is too large");
    ParamShape declared{name, std::move(shape)};
    declared.fan_in = declared.count() / declared.shape[0];
    declared.fan_out = declared.shape.size() > 1 ? declared.count() / declared.shape[1] : declared.count();
    return declared;
}

}  // namespace emulsion
