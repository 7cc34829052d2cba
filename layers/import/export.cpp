// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <emulsion/error.h>
#include <emulsion/import.h>

#include <array>
#include <filesystem>
#include <memory>

#include "engine/formats/readers.h"
#include "layers/import/dialect.h"

namespace emulsion {
namespace {

// torchvision's names for its own net; for others, Emulsion's.
std::vector<formats::ForeignTensor> state_dict_of(const Model& model) {
    const Dialect* dialect = find_dialect(model.net());
    const bool torchvision = dialect != nullptr && std::string_view(dialect->net) == "alexnet-torchvision";
    std::vector<formats::ForeignTensor> tensors;
    for (std::size_t i = 0; i < model.parameters().size(); ++i) {
        const Parameter& p = model.parameters()[i];
        tensors.push_back(
            {torchvision ? torch_name(p.name) : p.name, p.shape, model.weights(i), nullptr, p.name});
    }
    return tensors;
}

void append_names_and_origin(std::vector<std::string>& lines, const Model& model) {
    const std::size_t classes = model.net().classes.size();
    if (classes != 0) lines.push_back("the names of its " + std::to_string(classes) + " classes");
    if (model.provenance().empty()) return;
    std::string keys;
    for (const auto& [key, text] : model.provenance()) keys += (keys.empty() ? "" : ", ") + key;
    lines.push_back("its provenance (" + keys + ")");
}

std::vector<std::string> write_caffe(const Model& model, const std::filesystem::path& path) {
    std::filesystem::path definition = path;
    formats::write_caffe(model, definition.replace_extension(".prototxt").string(), path.string());
    std::vector<std::string> lost;
    for (const std::string& line : formats::lost_to_caffe(model.net().preprocessing))
        lost.push_back("of preparing photos: " + line);
    append_names_and_origin(lost, model);
    return lost;
}

std::vector<std::string> write_torch(const Model& model, const std::string& path) {
    formats::write_torch(state_dict_of(model), path);
    std::vector<std::string> lost = {"the net: a state dict holds tensors alone",
                                     "how photos are prepared: " + describe(model.net().preprocessing)};
    append_names_and_origin(lost, model);
    return lost;
}

}  // namespace

std::vector<std::string> export_model(const Model& model, const std::string& path) {
    const std::string ending = std::filesystem::path(path).extension().string();
    if (ending == ".safetensors") {
        const std::vector<float> golden = golden_outputs(model);
        save(model, path, golden);
        if (golden.empty()) return {"golden outputs: one photo takes too much"};
        return {};
    }
    if (ending == ".onnx") {
        formats::write_onnx(model, path);
        return {};
    }
    if (ending == ".pth" || ending == ".pt") return write_torch(model, path);
    if (ending == ".caffemodel") return write_caffe(model, path);
    throw Error(Error::Kind::usage, path +
                                        ": its ending names no format that Emulsion writes (.safetensors, "
                                        ".caffemodel, .onnx, .pth, .pt)");
}

}  // namespace emulsion
