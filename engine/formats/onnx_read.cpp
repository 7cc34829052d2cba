// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <emulsion/error.h>

#include <map>
#include <utility>

#include "engine/files.h"
#include "engine/formats/onnx_graph.h"
#include "engine/formats/onnx_metadata.h"
#include "engine/formats/onnx_nodes.h"
#include "engine/formats/onnx_schema.h"
#include "engine/formats/readers.h"
#include "engine/json.h"

namespace emulsion::formats {
namespace {

using namespace onnx;
using Metadata = std::map<std::string, std::string>;

[[noreturn]] void fail(const std::string& path, const std::string& what) {
    throw Error(Error::Kind::data, path + ": " + what);
}

/// The version of ONNX's own set of operations.
std::int64_t opset_of(const Message& file, const std::string& path) {
    for (const Message* each : file.messages("opset_import")) {
        const std::string domain = each->text("domain");
        if (domain.empty() || domain == "ai.onnx") return each->integer("version", 1);
    }
    fail(path, "it does not say which version of ONNX's operations it uses (opset_import)");
}

Metadata metadata_of(const Message& file) {
    Metadata metadata;
    for (const Message* each : file.messages("metadata_props"))
        metadata[each->text("key")] = each->text("value");
    return metadata;
}

std::string text_of_nodes(const Message& graph) {
    std::string text;
    for (const Message* node : graph.messages("node")) text += write_text(*node) + '\n';
    return text;
}

/// Whether the graph still is what Emulsion writes for the net: somebody may have edited it since.
bool is_written_from(const NetDef& net, const Message& graph, Shapes shapes) {
    shapes["data"] = {1, net.channels, net.height, net.width};
    Message expected(graph.type());
    try {
        write_nodes(net, shapes, expected);
    } catch (const Error&) {
        return false;
    }
    return text_of_nodes(expected) == text_of_nodes(graph);
}

bool same_input(const NetDef& a, const NetDef& b) {
    return a.channels == b.channels && a.height == b.height && a.width == b.width;
}

/// The JSON only says whether there is a mean image.
void take_mean_image(NetDef& net, GraphReader& graph, const std::shared_ptr<const MappedFile>& file,
                     const std::string& path) {
    Preprocessing& photos = net.preprocessing;
    if (std::exchange(photos.mean_image, {}).empty()) return;
    const Message* tensor = graph.constant(mean_image_name);
    if (tensor == nullptr) fail(path, std::string("its ") + mean_image_name + " is missing");
    const RealTensor mean = read_reals(*tensor, file, path);
    if (mean.shape != std::vector<std::int64_t>{3, photos.height, photos.width})
        fail(path, std::string("its ") + mean_image_name + " is not 3x" + std::to_string(photos.height) +
                       "x" + std::to_string(photos.width));
    photos.mean_image.assign(mean.floats.values.begin(), mean.floats.values.end());
}

void take_own_net(NetDef own, Imported& imported, const Message& graph, const Shapes& shapes) {
    if (!same_input(own, *imported.net)) {
        imported.ignored.push_back(std::string(net_key) +
                                   ": it is for images of another size than the graph");
        return;
    }
    imported.preprocessing_known = true;
    if (is_written_from(own, graph, shapes)) {
        imported.net = std::move(own);
        return;
    }
    imported.ignored.push_back(
        std::string(net_key) +
        ": the graph was changed since; only preprocessing and classes are taken from it");
    imported.net->preprocessing = std::move(own.preprocessing);
    imported.net->classes = std::move(own.classes);
}

}  // namespace

Imported read_onnx(const std::string& path) {
    const auto file = std::make_shared<const MappedFile>(path);
    Unknown unknown;
    const Message message = read_wire(file->bytes(), model_type, path, unknown);
    const Message* graph = message.message("graph");
    if (graph == nullptr) fail(path, "it holds no graph; this is no ONNX model");
    Metadata metadata = metadata_of(message);
    const auto own = metadata.find(net_key);

    GraphReader reader(*graph, opset_of(message, path), own != metadata.end(), file, file->bytes().size(),
                       path);
    std::optional<NetDef> own_net;
    if (own != metadata.end()) {
        own_net = net_from_json(own->second, path + ": " + net_key);
        take_mean_image(*own_net, reader, file, path);
    }
    Imported imported = reader.read();
    if (own_net) take_own_net(*std::move(own_net), imported, *graph, reader.shapes());
    metadata.erase(net_key);
    metadata.erase(format_key);
    const std::string prefix = provenance_prefix;
    for (const auto& [key, value] : metadata) {
        if (key.starts_with(prefix))
            imported.provenance[key.substr(prefix.size())] = value;
        else
            imported.ignored.push_back("metadata \"" + json::printable(key) + '"');
    }
    imported.ignored.insert(imported.ignored.end(), unknown.begin(), unknown.end());
    return imported;
}

}  // namespace emulsion::formats
