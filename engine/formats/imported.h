// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What a reader of a foreign model file hands on: the net if the file holds one, tensors if it holds
// some, and everything that it passed over. Matching tensors to a net is the importer's business.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "emulsion/netdef.h"

namespace emulsion::formats {

/// A tensor of a foreign file in fp32. `values` is aligned to float and kept alive by `owner`.
struct ForeignTensor {
    std::string name;  ///< as Emulsion names parameters: "conv1.weight", "conv1.bias"
    std::vector<std::int64_t> shape;
    std::span<const float> values;
    std::shared_ptr<const void> owner;
    std::string origin;  ///< as the file names it: "layer conv1, blob 0", "features.0.weight"
};

struct Imported {
    std::string format;         ///< "caffe", "torch", "onnx", "safetensors", "deep-compression", "emulsion"
    std::optional<NetDef> net;  ///< with what the file says of preprocessing
    bool preprocessing_known = false;  ///< whether the file said how photos are prepared
    std::string missing_mean;          ///< a file of means that the file names and that is not there
    std::map<std::string, std::string> provenance;  ///< what the file says of its origin, by key
    std::vector<ForeignTensor> tensors;
    std::vector<std::string> ignored;  ///< one line each, for example "solver_mode, line 14"
};

}  // namespace emulsion::formats
