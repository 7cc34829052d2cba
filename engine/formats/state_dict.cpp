// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Safetensors files of any origin.
#include <emulsion/safetensors.h>

#include <algorithm>
#include <array>
#include <utility>

#include "engine/formats/readers.h"
#include "engine/formats/reals.h"
#include "engine/json.h"

namespace emulsion::formats {
namespace {

constexpr std::array real_types{std::pair{"F64", Real::f64}, std::pair{"F32", Real::f32},
                                std::pair{"F16", Real::f16}, std::pair{"BF16", Real::bf16}};

}  // namespace

Imported read_state_dict(const std::string& path) {
    const auto file = SafetensorsFile::open(path);
    Imported imported;
    imported.format = "safetensors";
    for (const FileTensor& tensor : file->tensors()) {
        const auto type = std::find_if(real_types.begin(), real_types.end(),
                                       [&](const auto& each) { return tensor.type == each.first; });
        const std::string name = json::printable(tensor.name);
        if (type == real_types.end()) {
            imported.ignored.push_back(name + ": of type " + tensor.type + ", which is not read");
            continue;
        }
        Floats floats = to_floats(type->second, tensor.data, file, path + ": tensor \"" + name + '"');
        imported.tensors.push_back(
            {tensor.name, tensor.shape, floats.values, std::move(floats.owner), tensor.name});
    }
    for (const auto& [key, value] : file->metadata()) {
        imported.ignored.push_back("metadata \"" + json::printable(key) + '"');
    }
    return imported;
}

}  // namespace emulsion::formats
