// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// TensorProto: a constant of an ONNX graph.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/formats/message.h"
#include "engine/formats/reals.h"

namespace emulsion::formats::onnx {

struct RealTensor {
    std::vector<std::int64_t> shape;
    Floats floats;
};

/// A tensor of real numbers as fp32; viewed where it lies as such, and aligned. `owner` is the file's.
/// Error(data), beginning with `where`, for other types, external data and sizes that do not agree.
RealTensor read_reals(const Message& tensor, const std::shared_ptr<const void>& owner,
                      const std::string& where);

/// A small tensor of integers (a shape).
std::vector<std::int64_t> read_integers(const Message& tensor, const std::string& where);

}  // namespace emulsion::formats::onnx
