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
void binaryproto(Bytes);
void caffemodel(Bytes);
void deep_compression(Bytes);
void import_model(Bytes);
void netdef(Bytes);
void npy(Bytes);
void onnx(Bytes);
void pickle(Bytes);
void protobuf_text(Bytes);
void prototxt(Bytes);
void safetensors(Bytes);
void solver(Bytes);
void state_dict(Bytes);
void torch(Bytes);
void zip(Bytes);

struct Target {
    const char* name;  ///< and of its corpus's folder
    void (*read)(Bytes);
};
inline constexpr Target targets[] = {
    {"binaryproto", binaryproto},
    {"caffemodel", caffemodel},
    {"deep_compression", deep_compression},
    {"import_model", import_model},
    {"netdef", netdef},
    {"npy", npy},
    {"onnx", onnx},
    {"pickle", pickle},
    {"protobuf_text", protobuf_text},
    {"prototxt", prototxt},
    {"safetensors", safetensors},
    {"solver", solver},
    {"state_dict", state_dict},
    {"torch", torch},
    {"zip", zip},
};

}  // namespace emulsion::fuzz
