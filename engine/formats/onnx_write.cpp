// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A model as an ONNX file of opset 13. What ONNX has no place for stands in metadata_props, which other
// programs pass over:
//
//   emulsion.format          "1"
//   emulsion.net             the NetDef, preprocessing included, as JSON
//   emulsion.provenance.KEY  free text
//
// and a mean image is an initialiser that no node reads.
#include <string>

#include "engine/formats/file_sink.h"
#include "engine/formats/onnx_metadata.h"
#include "engine/formats/onnx_nodes.h"
#include "engine/formats/onnx_schema.h"
#include "engine/formats/readers.h"
#include "engine/graph.h"

namespace emulsion::formats {
namespace {

using namespace onnx;

Shapes shapes_of(const Model& model) {
    const Graph graph = build_graph(model.net(), Mode::inference, {}, model.factory());
    Shapes shapes;
    for (const auto& [name, id] : graph.by_name)
        shapes[name] = graph.values[static_cast<std::size_t>(id)].shape;
    return shapes;
}

void add_input(Message& graph, const NetDef& net) {
    Message& input = graph.add_message("input");
    input.add_text("name", "data");
    Message& tensor = input.add_message("type").add_message("tensor_type");
    tensor.add_integer("elem_type", f32);
    Message& shape = tensor.add_message("shape");
    shape.add_message("dim").add_text("dim_param", "N");
    for (const std::int64_t side : {net.channels, net.height, net.width})
        shape.add_message("dim").add_integer("dim_value", side);
}

void add_tensor(Message& graph, const std::string& name, const std::vector<std::int64_t>& dims,
                std::span<const float> values) {
    Message& tensor = graph.add_message("initializer");
    for (const std::int64_t side : dims) tensor.add_integer("dims", side);
    tensor.add_integer("data_type", f32);
    tensor.add_text("name", name);
    tensor.add_bytes("raw_data", std::as_bytes(values));
}

void add_metadata(Message& file, const std::string& key, const std::string& value) {
    Message& entry = file.add_message("metadata_props");
    entry.add_text("key", key);
    entry.add_text("value", value);
}

}  // namespace

void write_onnx(const Model& model, const std::string& path) {
    const NetDef& net = model.net();
    Message file(model_type);
    file.add_integer("ir_version", 8);
    file.add_text("producer_name", "Emulsion");
    Message& graph = file.add_message("graph");
    write_nodes(net, shapes_of(model), graph);
    graph.add_text("name", net.name.empty() ? "net" : net.name);
    for (std::size_t i = 0; i < model.parameters().size(); ++i)
        add_tensor(graph, model.parameters()[i].name, model.parameters()[i].shape, model.weights(i));
    const Preprocessing& photos = net.preprocessing;
    if (!photos.mean_image.empty())
        add_tensor(graph, mean_image_name, {3, photos.height, photos.width}, photos.mean_image);
    add_input(graph, net);
    file.add_message("opset_import").add_integer("version", 13);
    add_metadata(file, format_key, format_version);
    add_metadata(file, net_key, to_json(net));
    for (const auto& [key, text] : model.provenance()) add_metadata(file, provenance_prefix + key, text);

    AtomicFile target(path);
    FileSink sink(target);
    write_wire(file, sink);
    target.commit();
}

}  // namespace emulsion::formats
