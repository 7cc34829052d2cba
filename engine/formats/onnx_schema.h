// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The messages of an ONNX file, as far as a net of AlexNet's class can use them.
#pragma once

#include <cstdint>

#include "engine/formats/message.h"

namespace emulsion::formats::onnx {

extern const MessageType model_type;  ///< ModelProto

/// TensorProto.DataType: a plain number on the wire.
enum TensorType : std::int64_t { f32 = 1, i32 = 6, i64 = 7, f16 = 10, f64 = 11, bf16 = 16 };

}  // namespace emulsion::formats::onnx
