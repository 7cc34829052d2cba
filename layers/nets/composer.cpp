// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "layers/nets/composer.h"

#include <utility>

namespace emulsion::nets {

Filler constant(double value) {
    return {.kind = Filler::Kind::constant, .value = value};
}
Filler gaussian(double deviation) {
    return {.kind = Filler::Kind::gaussian, .deviation = deviation};
}
Filler xavier() {
    return {.kind = Filler::Kind::xavier};
}
Filler msra() {
    return {.kind = Filler::Kind::msra};
}
Filler uniform(double bound) {
    return {.kind = Filler::Kind::uniform, .low = -bound, .high = bound};
}

Preprocessing caffe_photos(int crop) {
    Preprocessing photos;
    photos.fit = Preprocessing::Fit::squash;
    photos.filter = Preprocessing::Filter::bilinear;
    photos.height = photos.width = 256;
    photos.crop_height = photos.crop_width = crop;
    photos.bgr = true;
    photos.mean = {104, 117, 123};
    return photos;
}

Composer::Composer(std::string name, const Preprocessing& photos) {
    net_.name = std::move(name);
    net_.channels = 3;
    net_.height = photos.crop_height;
    net_.width = photos.crop_width;
    net_.preprocessing = photos;
}

void Composer::conv(const std::string& name, const Window& w, const Filler& weights, const Filler& bias) {
    Attributes attributes = {{"outputs", std::int64_t{w.outputs}}, {"kernel", std::int64_t{w.kernel}}};
    if (w.stride != 1) attributes.set("stride", std::int64_t{w.stride});
    if (w.pad != 0) attributes.set("pad", std::int64_t{w.pad});
    if (w.groups != 1) attributes.set("groups", std::int64_t{w.groups});
    add_weighted(name, "conv", std::move(attributes), weights, bias);
}

void Composer::fc(const std::string& name, int outputs, const Filler& weights, const Filler& bias) {
    add_weighted(name, "fc", {{"outputs", std::int64_t{outputs}}}, weights, bias);
}

void Composer::relu(const std::string& name) {
    add(name, "relu");
}

void Composer::lrn(const std::string& name) {
    add(name, "lrn", {{"size", std::int64_t{5}}, {"alpha", 1e-4}, {"beta", 0.75}});
}

void Composer::max_pool(const std::string& name, const std::string& round) {
    add(name, "pool",
        {{"mode", "max"}, {"kernel", std::int64_t{3}}, {"stride", std::int64_t{2}}, {"round", round}});
}

void Composer::global_average(const std::string& name) {
    add(name, "pool", {{"mode", "average"}, {"global", true}});
}

void Composer::dropout(const std::string& name, double ratio) {
    add(name, "dropout", {{"ratio", ratio}});
}

void Composer::concat(const std::string& name, const std::vector<std::string>& values) {
    add(name, "concat");
    net_.layers.back().inputs = values;
}

NetDef Composer::finish(std::vector<std::string> classes) {
    add("prob", "softmax");
    net_.classes = std::move(classes);
    return std::move(net_);
}

void Composer::add(const std::string& name, const std::string& type, Attributes attributes) {
    net_.layers.push_back({.name = name,
                           .type = type,
                           .inputs = {last_},
                           .outputs = {name},
                           .attributes = std::move(attributes),
                           .params = {}});
    last_ = name;
}

void Composer::add_weighted(const std::string& name, const std::string& type, Attributes attributes,
                            const Filler& weights, const Filler& bias) {
    add(name, type, std::move(attributes));
    net_.layers.back().params = {{"weight", rates_.weight, rates_.weight_decay, weights},
                                 {"bias", rates_.bias, rates_.bias_decay, bias}};
}

}  // namespace emulsion::nets
