// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/formats/caffe_write.h"

#include <map>
#include <vector>

#include "engine/formats/file_sink.h"
#include "engine/formats/readers.h"

namespace emulsion::formats {
namespace {

/// The parameters of each layer by its name, weights before biases as Caffe wants them.
std::map<std::string, std::vector<std::size_t>> parameters_by_layer(const Model& model) {
    std::map<std::string, std::vector<std::size_t>> indices;
    for (std::size_t i = 0; i < model.parameters().size(); ++i) {
        const std::string& name = model.parameters()[i].name;  // "conv1.weight"
        indices[name.substr(0, name.rfind('.'))].push_back(i);
    }
    return indices;
}

void add_blob(Message& layer, const Parameter& parameter, std::span<const float> values) {
    Message& blob = layer.add_message("blobs");
    Message& shape = blob.add_message("shape");
    for (const std::int64_t side : parameter.shape) shape.add_integer("dim", side);
    blob.add_floats("data", values);
}

std::string definition_of(const NetDef& net, const std::string& path) {
    std::string text = "# Written by Emulsion.\n";
    for (const std::string& line : lost_to_caffe(net.preprocessing))
        text += "# Caffe has no words for this: " + line + ".\n";
    return text + write_text(caffe::describe(net, path));
}

}  // namespace

std::vector<std::string> lost_to_caffe(const Preprocessing& p) {
    using P = Preprocessing;
    std::vector<std::string> lines;
    if (p.decoder == P::Decoder::scaled) lines.emplace_back("JPEG files are decoded at a reduced size");
    if (!p.orient) lines.emplace_back("photos are not turned upright by EXIF");
    if (p.portrait == P::Portrait::rotate) lines.emplace_back("photos taller than wide are turned first");
    if (p.fit == P::Fit::short_side)
        lines.emplace_back("photos keep their proportions: the centre is cut out");
    if (p.filter != P::Filter::bilinear) lines.emplace_back("photos are not resized bilinearly");
    if (!p.bgr) lines.emplace_back("channels are in the order RGB");
    if (!caffe::has_one_scale(p)) lines.emplace_back("each channel has a scale of its own");
    if (caffe::cuts(p) && p.crop_height != p.crop_width) lines.emplace_back("what is cut out is not square");
    if (!p.mean_image.empty()) lines.emplace_back("a mean image is subtracted, which is not in this file");
    if (!caffe::can_be_said(p))
        lines.emplace_back("so the sizes, means and scale of photos are left out too");
    return lines;
}

void write_prototxt(const NetDef& net, const std::string& path) {
    const std::string text = definition_of(net, path);
    AtomicFile file(path);
    file.append(text);
    file.commit();
}

void write_caffemodel(const Model& model, const std::string& path) {
    auto parameters = parameters_by_layer(model);
    const Message net = caffe::describe(model.net(), path, [&](const LayerDef& def, Message& layer) {
        for (const std::size_t i : parameters[def.name])
            add_blob(layer, model.parameters()[i], model.weights(i));
    });
    AtomicFile file(path);
    FileSink sink(file);
    write_wire(net, sink);
    file.commit();
}

void write_caffe(const Model& model, const std::string& prototxt, const std::string& caffemodel) {
    const std::string text = definition_of(model.net(), prototxt);
    AtomicFile definition(prototxt);
    definition.append(text);
    write_caffemodel(model, caffemodel);
    definition.commit();
}

}  // namespace emulsion::formats
