// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <emulsion/error.h>

#include <algorithm>
#include <array>
#include <initializer_list>

#include "engine/formats/caffe_schema.h"
#include "engine/formats/caffe_write.h"
#include "engine/json.h"

namespace emulsion::formats::caffe {
namespace {

/// One layer on its way to Caffe.
struct Writing {
    const LayerDef& def;
    Message& layer;
    const std::string& where;

    [[noreturn]] void fail(const std::string& what) const {
        throw Error(Error::Kind::data, where + ": layer " + json::printable(def.name) + ' ' + what);
    }

    // A setting that is not written would be lost.
    void take_only(std::initializer_list<const char*> known) const {
        for (const auto& attribute : def.attributes.all())
            if (std::ranges::find(known, attribute.first) == known.end())
                fail("has the setting '" + json::printable(attribute.first) + "', which Caffe lacks");
    }
};

void add_filler(Message& settings, const std::string& field, const Filler& filler) {
    Message& message = settings.add_message(field);
    const auto add = [&](const char* type, std::initializer_list<std::pair<const char*, double>> numbers) {
        message.add_text("type", type);
        for (const auto& [name, number] : numbers) message.add_real(name, number);
    };
    switch (filler.kind) {
        case Filler::Kind::constant:
            return add("constant", {{"value", filler.value}});
        case Filler::Kind::gaussian:
            return add("gaussian", {{"mean", filler.mean}, {"std", filler.deviation}});
        case Filler::Kind::uniform:
            return add("uniform", {{"min", filler.low}, {"max", filler.high}});
        case Filler::Kind::xavier:
            return add("xavier", {});
        case Filler::Kind::msra:
            return add("msra", {});
    }
}

void add_weighted(const Writing& w, Message& settings) {
    const bool bias = w.def.attributes.flag("bias", true);
    settings.add_integer("num_output", w.def.attributes.integer("outputs"));
    if (!bias) settings.add_integer("bias_term", 0);
    if (w.def.params.empty()) return;
    const std::vector<std::string> names =
        bias ? std::vector<std::string>{"weight", "bias"} : std::vector<std::string>{"weight"};
    for (const std::string& name : names) {
        const auto given = std::ranges::find(w.def.params, name, &ParamDef::name);
        const ParamDef param = given != w.def.params.end() ? *given : ParamDef{};
        Message& spec = w.layer.add_message("param");
        spec.add_real("lr_mult", param.rate_mult);
        spec.add_real("decay_mult", param.decay_mult);
        add_filler(settings, name + "_filler", param.filler);
    }
}

void add_extent(const Writing& w, Message& settings, const std::string& key, const std::string& field) {
    const Attributes& a = w.def.attributes;
    if (a.has(key)) settings.add_integer(field, a.integer(key));
    for (const char* side : {"_h", "_w"})
        if (a.has(key + side)) settings.add_integer(key + side, a.integer(key + side));
}

void describe_convolution(const Writing& w) {
    w.take_only({"outputs", "kernel", "kernel_h", "kernel_w", "stride", "stride_h", "stride_w", "pad",
                 "pad_h", "pad_w", "groups", "bias"});
    Message& settings = w.layer.add_message("convolution_param");
    add_weighted(w, settings);
    add_extent(w, settings, "kernel", "kernel_size");
    add_extent(w, settings, "stride", "stride");
    add_extent(w, settings, "pad", "pad");
    if (w.def.attributes.has("groups")) settings.add_integer("group", w.def.attributes.integer("groups"));
}

void describe_fully_connected(const Writing& w) {
    w.take_only({"outputs", "bias"});
    add_weighted(w, w.layer.add_message("inner_product_param"));
}

void describe_pool(const Writing& w) {
    w.take_only({"mode", "kernel", "kernel_h", "kernel_w", "stride", "stride_h", "stride_w", "pad", "pad_h",
                 "pad_w", "global", "round", "divisor"});
    const Attributes& a = w.def.attributes;
    const std::string mode = a.text("mode", "");
    const bool pads = a.has("pad") || a.has("pad_h");
    if (mode == "average" && pads && a.text("divisor", "padded") == "inside")
        w.fail("averages without its padding; Caffe's count it in");
    Message& settings = w.layer.add_message("pooling_param");
    settings.add_choice("pool", mode == "average" ? "AVE" : "MAX");
    add_extent(w, settings, "kernel", "kernel_size");
    add_extent(w, settings, "stride", "stride");
    add_extent(w, settings, "pad", "pad");
    if (a.flag("global", false))
        settings.add_integer("global_pooling", 1);
    else if (a.text("round", "up") == "down")
        settings.add_choice("round_mode", "FLOOR");
}

void describe_lrn(const Writing& w) {
    w.take_only({"size", "alpha", "beta", "k"});
    const Attributes& a = w.def.attributes;
    Message& settings = w.layer.add_message("lrn_param");
    settings.add_integer("local_size", a.integer("size", 5));
    settings.add_real("alpha", a.real("alpha", 1));
    settings.add_real("beta", a.real("beta", 0.75));
    if (a.has("k")) settings.add_real("k", a.real("k", 1));
}

void describe_dropout(const Writing& w) {
    w.take_only({"ratio"});
    w.layer.add_message("dropout_param").add_real("dropout_ratio", w.def.attributes.real("ratio", 0.5));
}

void describe_bare(const Writing& w) {
    w.take_only({});
}

struct Word {
    const char *ours, *caffes;
    void (*describe)(const Writing&);
};
constexpr std::array words = {
    Word{"concat", "Concat", describe_bare},
    Word{"conv", "Convolution", describe_convolution},
    Word{"dropout", "Dropout", describe_dropout},
    Word{"fc", "InnerProduct", describe_fully_connected},
    Word{"lrn", "LRN", describe_lrn},
    Word{"pool", "Pooling", describe_pool},
    Word{"relu", "ReLU", describe_bare},
    Word{"softmax", "Softmax", describe_bare},
    Word{"softmax_loss", "Softmax", describe_bare},
};

void add_layer(Message& net, const LayerDef& def, const std::string& where, const Extend& extend) {
    Message& layer = net.add_message("layer");
    const Writing writing{def, layer, where};
    const auto word = std::ranges::find_if(words, [&](const Word& each) { return def.type == each.ours; });
    if (word == words.end())
        writing.fail("is of type " + json::printable(def.type) + ", which Caffe does not have");
    layer.add_text("name", def.name);
    layer.add_text("type", word->caffes);
    for (const std::string& input : def.inputs) layer.add_text("bottom", input);
    for (const std::string& output : def.outputs) layer.add_text("top", output);
    word->describe(writing);
    if (extend) extend(def, layer);
}

void add_input(Message& net, const NetDef& def) {
    Message& layer = net.add_message("layer");
    layer.add_text("name", "data");
    layer.add_text("type", "Input");
    layer.add_text("top", "data");
    const Preprocessing& p = def.preprocessing;
    if (can_be_said(p)) {
        Message& transform = layer.add_message("transform_param");
        if (p.scale[0] != 1) transform.add_real("scale", p.scale[0]);
        if (cuts(p)) transform.add_integer("crop_size", p.crop_height);
        for (const float mean : p.mean) transform.add_real("mean_value", mean);
        Message& photos = layer.add_message("image_data_param");
        photos.add_integer("new_height", p.height);
        photos.add_integer("new_width", p.width);
    }
    Message& shape = layer.add_message("input_param").add_message("shape");
    for (const std::int64_t side : {std::int64_t{1}, def.channels, def.height, def.width})
        shape.add_integer("dim", side);
}

}  // namespace

bool has_one_scale(const Preprocessing& p) {
    return p.scale[0] == p.scale[1] && p.scale[1] == p.scale[2];
}

bool cuts(const Preprocessing& p) {
    return p.crop_height != p.height || p.crop_width != p.width;
}

bool can_be_said(const Preprocessing& p) {
    return p.fit == Preprocessing::Fit::squash && (!cuts(p) || p.crop_height == p.crop_width) && p.bgr &&
           has_one_scale(p) && p.mean_image.empty();
}

Message describe(const NetDef& def, const std::string& where, const Extend& extend) {
    Message net(net_parameter());
    net.add_text("name", def.name);
    add_input(net, def);
    for (const LayerDef& layer : def.layers) add_layer(net, layer, where, extend);
    return net;
}

}  // namespace emulsion::formats::caffe
