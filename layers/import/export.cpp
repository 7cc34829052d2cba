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

}  // namespace

void export_model(const Model& model, const std::string& path) {
    const std::filesystem::path file(path);
    const std::string ending = file.extension().string();
    if (ending == ".safetensors") return save(model, path, golden_outputs(model));
    if (ending == ".onnx") return formats::write_onnx(model, path);
    if (ending == ".pth" || ending == ".pt") return formats::write_torch(state_dict_of(model), path);
    if (ending == ".caffemodel") {
        formats::write_prototxt(model.net(),
                                std::filesystem::path(file).replace_extension(".prototxt").string());
        return formats::write_caffemodel(model, path);
    }
    throw Error(Error::Kind::usage, path +
                                        ": its ending names no format that Emulsion writes (.safetensors, "
                                        ".caffemodel, .onnx, .pth, .pt)");
}

}  // namespace emulsion
