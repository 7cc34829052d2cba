// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What is fuzzed: the readers of files that other people made. One function a reader, each in the file
// of its name.
#pragma once

#include <cstddef>
#include <span>

namespace emulsion::fuzz {

using Bytes = std::span<const std::byte>;

/// Each reads the bytes as a file of its format, down to the last number, and throws Error(data) where
/// they are none. Anything else is a fault of the reader's.
void deep_compression(Bytes);
void netdef(Bytes);
void onnx(Bytes);
void pickle(Bytes);
void protobuf_text(Bytes);
void safetensors(Bytes);
void state_dict(Bytes);
void torch(Bytes);
void zip(Bytes);

struct Target {
    const char* name;  ///< and of its corpus's folder
    void (*read)(Bytes);
};
inline constexpr Target targets[] = {
    {"deep_compression", deep_compression},
    {"netdef", netdef},
    {"onnx", onnx},
    {"pickle", pickle},
    {"protobuf_text", protobuf_text},
    {"safetensors", safetensors},
    {"state_dict", state_dict},
    {"torch", torch},
    {"zip", zip},
};

}  // namespace emulsion::fuzz
