// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What each of Caffe's types of layer is in Emulsion. Settings are written as Emulsion's own nets write
// them (defaults left out, equal sides once), so that the same net is equal wherever it comes from.
#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "engine/formats/caffe_layer.h"
#include "engine/json.h"

namespace emulsion::formats::caffe {
namespace {

std::int64_t demand(const CaffeLayer& layer, const Fields& settings, const char* field) {
    if (!settings.has(field)) layer.fail(settings.line(), std::string("has no ") + field);
    return settings.integer(field, 0);
}

void refuse_unless(bool holds, const CaffeLayer& layer, const Fields& settings, const char* field,
                   const std::string& what) {
    if (!holds) layer.fail(settings.line(field), what);
}

void demand_channel_axis(const CaffeLayer& layer, const Fields& settings) {
    const std::int64_t axis = settings.integer("axis", 1);
    refuse_unless(axis == 1, layer, settings, "axis",
                  "works along axis " + std::to_string(axis) + "; Emulsion's work along axis 1");
}

/// A setting for both directions, in Caffe's many ways to state it, and its names there and here.
struct Extent {
    const char *key, *field, *field_h, *field_w;
    std::optional<std::int64_t> fallback;
};
constexpr Extent kernel{"kernel", "kernel_size", "kernel_h", "kernel_w", {}};
constexpr Extent stride{"stride", "stride", "stride_h", "stride_w", 1};
constexpr Extent pad{"pad", "pad", "pad_h", "pad_w", 0};

std::pair<std::int64_t, std::int64_t> sides(const CaffeLayer& layer, const Fields& settings,
                                            const Extent& e) {
    const std::vector<std::int64_t> both = settings.integers(e.field);
    const bool has_h = settings.has(e.field_h), has_w = settings.has(e.field_w);
    if (has_h || has_w) {
        refuse_unless(both.empty(), layer, settings, e.field,
                      std::string("has ") + e.field + " and also one for each side");
        const bool complete = (has_h && has_w) || e.fallback == 0;  // only padding may be given for one side
        refuse_unless(complete, layer, settings, has_h ? e.field_h : e.field_w,
                      std::string("needs both ") + e.field_h + " and " + e.field_w);
        return {settings.integer(e.field_h, 0), settings.integer(e.field_w, 0)};
    }
    if (both.empty() && !e.fallback) layer.fail(settings.line(), std::string("has no ") + e.field);
    refuse_unless(both.size() <= 2, layer, settings, e.field,
                  std::string("has a ") + e.field + " of " + std::to_string(both.size()) +
                      " dimensions; Emulsion's have 2");
    if (both.empty()) return {*e.fallback, *e.fallback};
    return {both.front(), both.back()};
}

void set_extent(Attributes& attributes, const CaffeLayer& layer, const Fields& settings, const Extent& e) {
    const auto [h, w] = sides(layer, settings, e);
    const std::string key = e.key;
    if (h == w) {
        if (h != e.fallback) attributes.set(key, h);
        return;
    }
    attributes.set(key + "_h", h);
    attributes.set(key + "_w", w);
}

Filler filler_of(const CaffeLayer& layer, const Fields& filler) {
    const std::string type = filler.text("type", "constant");
    refuse_unless(filler.integer("sparse", -1) < 0, layer, filler, "sparse",
                  "is filled sparsely, which Emulsion does not do");
    // Of these each type takes some; Caffe too lets the others stand.
    const double value = filler.real("value", 0), low = filler.real("min", 0), high = filler.real("max", 1);
    const double mean = filler.real("mean", 0), deviation = filler.real("std", 1);
    if (type == "constant") return {.kind = Filler::Kind::constant, .value = value};
    if (type == "gaussian") return {.kind = Filler::Kind::gaussian, .mean = mean, .deviation = deviation};
    if (type == "uniform") return {.kind = Filler::Kind::uniform, .low = low, .high = high};
    if (type != "xavier" && type != "msra")
        layer.fail(filler.line("type"),
                   "is filled by '" + json::printable(type) + "', which Emulsion does not have");
    const std::string norm = filler.choice("variance_norm", "FAN_IN");
    refuse_unless(norm == "FAN_IN", layer, filler, "variance_norm",
                  "is filled with variance_norm " + norm + "; Emulsion's fillers go by FAN_IN");
    return {.kind = type == "xavier" ? Filler::Kind::xavier : Filler::Kind::msra};
}

void set_weighted(LayerDef& def, const CaffeLayer& layer, const Fields& settings) {
    def.attributes.set("outputs", demand(layer, settings, "num_output"));
    def.params.push_back({.name = "weight", .filler = filler_of(layer, settings.within("weight_filler"))});
    if (settings.flag("bias_term", true))
        def.params.push_back({.name = "bias", .filler = filler_of(layer, settings.within("bias_filler"))});
    else
        def.attributes.set("bias", false);

    if (layer.blobs.size() > def.params.size())
        layer.fail("states rates for " + std::to_string(layer.blobs.size()) + " blobs and has " +
                   std::to_string(def.params.size()));
    for (std::size_t i = 0; i < layer.blobs.size(); ++i) {
        def.params[i].rate_mult = layer.blobs[i].rate;
        def.params[i].decay_mult = layer.blobs[i].decay;
    }
}

void convert_convolution(LayerDef& def, const CaffeLayer& layer) {
    const Fields settings = layer.fields.within("convolution_param");
    def.type = "conv";
    demand_channel_axis(layer, settings);
    const auto dilation = settings.integers("dilation");
    const bool dense = std::ranges::all_of(dilation, [](std::int64_t each) { return each == 1; });
    refuse_unless(dense, layer, settings, "dilation", "has a dilation, which Emulsion does not have");
    set_weighted(def, layer, settings);
    for (const Extent& each : {kernel, stride, pad}) set_extent(def.attributes, layer, settings, each);
    if (const auto groups = settings.integer("group", 1); groups != 1) def.attributes.set("groups", groups);
}

void convert_inner_product(LayerDef& def, const CaffeLayer& layer) {
    const Fields settings = layer.fields.within("inner_product_param");
    def.type = "fc";
    demand_channel_axis(layer, settings);
    refuse_unless(!settings.flag("transpose", false), layer, settings, "transpose",
                  "keeps its weights transposed, which Emulsion does not do");
    set_weighted(def, layer, settings);
}

void convert_pooling(LayerDef& def, const CaffeLayer& layer) {
    const Fields settings = layer.fields.within("pooling_param");
    def.type = "pool";
    const std::string method = settings.choice("pool", "MAX");
    refuse_unless(method == "MAX" || method == "AVE", layer, settings, "pool",
                  "pools by " + method + ", which Emulsion does not have");
    def.attributes.set("mode", method == "MAX" ? std::string("max") : std::string("average"));
    if (settings.flag("global_pooling", false)) {
        for (const char* field : {"kernel_size", "kernel_h", "kernel_w"})
            refuse_unless(!settings.has(field), layer, settings, field,
                          "pools globally, which leaves no choice of a kernel");
        const auto moves = [&](const Extent& e) {
            return sides(layer, settings, e) != std::pair(*e.fallback, *e.fallback);
        };
        refuse_unless(!moves(stride) && !moves(pad), layer, settings, "global_pooling",
                      "pools globally, with stride 1 and no padding");
        settings.has("round_mode");  // there is one window, however sizes are rounded
        def.attributes.set("global", true);
        return;
    }
    for (const Extent& each : {kernel, stride, pad}) set_extent(def.attributes, layer, settings, each);
    const bool up = settings.choice("round_mode", "CEIL") == "CEIL";
    def.attributes.set("round", up ? std::string("up") : std::string("down"));
}

void convert_lrn(LayerDef& def, const CaffeLayer& layer) {
    const Fields settings = layer.fields.within("lrn_param");
    def.type = "lrn";
    refuse_unless(settings.choice("norm_region", "ACROSS_CHANNELS") == "ACROSS_CHANNELS", layer, settings,
                  "norm_region", "normalises WITHIN_CHANNEL, which Emulsion does not do");
    def.attributes = {{"size", settings.integer("local_size", 5)},
                      {"alpha", settings.real("alpha", 1)},
                      {"beta", settings.real("beta", 0.75)}};
    if (const double k = settings.real("k", 1); k != 1) def.attributes.set("k", k);
}

void convert_relu(LayerDef& def, const CaffeLayer& layer) {
    const Fields settings = layer.fields.within("relu_param");
    def.type = "relu";
    refuse_unless(settings.real("negative_slope", 0) == 0, layer, settings, "negative_slope",
                  "has a negative slope, which Emulsion does not have");
}

void convert_dropout(LayerDef& def, const CaffeLayer& layer) {
    def.type = "dropout";
    def.attributes.set("ratio", layer.fields.within("dropout_param").real("dropout_ratio", 0.5));
}

void convert_softmax(LayerDef& def, const CaffeLayer& layer) {
    def.type = "softmax";
    demand_channel_axis(layer, layer.fields.within("softmax_param"));
}

void convert_concat(LayerDef& def, const CaffeLayer& layer) {
    const Fields settings = layer.fields.within("concat_param");
    def.type = "concat";
    demand_channel_axis(layer, settings);
    refuse_unless(settings.integer("concat_dim", 1) == 1, layer, settings, "concat_dim",
                  "joins other dimensions than channels");
}

struct Converter {
    const char* type;
    void (*convert)(LayerDef&, const CaffeLayer&);
};
constexpr std::array converters = {
    Converter{"Concat", convert_concat},   Converter{"Convolution", convert_convolution},
    Converter{"Dropout", convert_dropout}, Converter{"InnerProduct", convert_inner_product},
    Converter{"LRN", convert_lrn},         Converter{"Pooling", convert_pooling},
    Converter{"ReLU", convert_relu},       Converter{"Softmax", convert_softmax},
};

const Converter* find(const std::string& type) {
    const auto found = std::ranges::find_if(converters, [&](const Converter& c) { return type == c.type; });
    return found != converters.end() ? &*found : nullptr;
}

}  // namespace

bool is_convertible(const std::string& type) {
    return find(type) != nullptr;
}

LayerDef convert_layer(const CaffeLayer& layer) {
    LayerDef def;
    def.name = layer.name;
    find(layer.type)->convert(def, layer);
    return def;
}

}  // namespace emulsion::formats::caffe
