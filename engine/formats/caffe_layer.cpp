// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/formats/caffe_layer.h"

#include <algorithm>
#include <utility>

#include "engine/json.h"

namespace emulsion::formats::caffe {
namespace {

struct TypeNames {
    const char *v1, *now;
};
// Only of types that can be read; others keep the name that the file gives them.
constexpr TypeNames type_names[] = {
    {"ACCURACY", "Accuracy"},
    {"CONCAT", "Concat"},
    {"CONVOLUTION", "Convolution"},
    {"DATA", "Data"},
    {"DROPOUT", "Dropout"},
    {"FLATTEN", "Flatten"},
    {"HDF5_DATA", "HDF5Data"},
    {"IMAGE_DATA", "ImageData"},
    {"INNER_PRODUCT", "InnerProduct"},
    {"LRN", "LRN"},
    {"MEMORY_DATA", "MemoryData"},
    {"POOLING", "Pooling"},
    {"RELU", "ReLU"},
    {"SILENCE", "Silence"},
    {"SOFTMAX", "Softmax"},
    {"SOFTMAX_LOSS", "SoftmaxWithLoss"},
    {"SPLIT", "Split"},
};

std::string type_by_new_name(const std::string& v1) {
    const auto found = std::ranges::find_if(type_names, [&](const TypeNames& each) { return v1 == each.v1; });
    return found != std::end(type_names) ? found->now : v1;
}

std::vector<BlobSettings> blobs_of(const Fields& layer, const std::string& label) {
    std::vector<BlobSettings> blobs;
    for (const Fields& param : layer.each("param")) {
        blobs.push_back({param.real("lr_mult", 1), param.real("decay_mult", 1), param.text("name")});
        layer.reading().ignore_unread(*param.message(), label + ": param.");
    }
    return blobs;
}

// Three lists, of which each may be absent.
std::vector<BlobSettings> v1_blobs_of(const Fields& layer) {
    const auto rates = layer.reals("blobs_lr"), decays = layer.reals("weight_decay");
    const auto shared = layer.texts("param");
    std::vector<BlobSettings> blobs(std::max({rates.size(), decays.size(), shared.size()}));
    for (std::size_t i = 0; i < rates.size(); ++i) blobs[i].rate = rates[i];
    for (std::size_t i = 0; i < decays.size(); ++i) blobs[i].decay = decays[i];
    for (std::size_t i = 0; i < shared.size(); ++i) blobs[i].shared = shared[i];
    return blobs;
}

bool fits(const Fields& rule, const NetState& state) {
    const char* phase = state.phase == Phase::train ? "TRAIN" : "TEST";
    if (rule.choice("phase", phase) != phase) return false;
    const std::int64_t level = state.level.value_or(0);
    if (level < rule.integer("min_level", level) || level > rule.integer("max_level", level)) return false;
    const auto is_set = [&](const std::string& stage) { return state.stages.contains(stage); };
    return std::ranges::all_of(rule.texts("stage"), is_set) &&
           std::ranges::none_of(rule.texts("not_stage"), is_set);
}

// A layer says where it belongs or where it does not, never both.
bool is_there(const Fields& layer, const NetState& state) {
    const auto include = layer.each("include"), exclude = layer.each("exclude");
    layer.choice("phase", "TEST");  // Caffe's own note of the state in which it saved the net
    if (!include.empty() && !exclude.empty())
        layer.fail("exclude",
                   "layer " + json::printable(layer.text("name")) + " has both include and exclude");
    const auto rule_fits = [&](const Fields& rule) { return fits(rule, state); };
    if (state.saved) return true;
    if (include.empty()) return std::ranges::none_of(exclude, rule_fits);
    return std::ranges::any_of(include, rule_fits);
}

}  // namespace

std::string CaffeLayer::label() const {
    return "layer " + json::printable(name);
}

void CaffeLayer::fail(int line, const std::string& what) const {
    fields.reading().fail(line, label() + ' ' + what);
}

void NetState::merge(const Fields& state) {
    if (state.has("level")) level = level.value_or(state.integer("level", 0));
    for (std::string& stage : state.texts("stage")) stages.insert(std::move(stage));
}

std::vector<CaffeLayer> layers_of(const Fields& net, const NetState& state) {
    const auto old_layers = net.each("layers"), new_layers = net.each("layer");
    if (!old_layers.empty() && !new_layers.empty())
        net.fail("layer", "it has both 'layer' and 'layers'; a net is written in one syntax");

    std::vector<CaffeLayer> layers;
    const auto add = [&](const Fields& fields, std::string type) {
        layers.push_back(
            {fields, fields.text("name"), std::move(type), fields.texts("bottom"), fields.texts("top"), {}});
        return &layers.back();
    };
    for (const Fields& fields : new_layers) {
        if (!is_there(fields, state)) continue;
        CaffeLayer* layer = add(fields, fields.text("type"));
        layer->blobs = blobs_of(fields, layer->label());
    }
    for (const Fields& fields : old_layers) {
        if (fields.has("layer"))
            fields.fail("layer", "layer " + json::printable(fields.within("layer").text("name")) +
                                     " is in Caffe's oldest syntax (V0), which Emulsion does not read: "
                                     "convert the file with Caffe's upgrade_net_proto_text or _binary");
        if (!is_there(fields, state)) continue;
        add(fields, type_by_new_name(fields.choice("type", "NONE")))->blobs = v1_blobs_of(fields);
    }
    return layers;
}

}  // namespace emulsion::formats::caffe
