// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "layers/import/sniff.h"

#include <emulsion/error.h>
#include <emulsion/safetensors.h>

#include <algorithm>
#include <cstddef>
#include <span>

#include "engine/files.h"

namespace emulsion {
namespace {

using Bytes = std::span<const std::byte>;

unsigned at(Bytes bytes, std::size_t i) {
    return i < bytes.size() ? std::to_integer<unsigned>(bytes[i]) : 0;
}

// An 8-byte length that is small enough for a header, then JSON.
bool is_safetensors(Bytes bytes) {
    return bytes.size() > 8 && at(bytes, 8) == '{' && at(bytes, 5) == 0 && at(bytes, 6) == 0 &&
           at(bytes, 7) == 0;
}

// A stored ZIP, or a pickle of protocol 2 to 5 (0x80 and the number).
bool is_torch(Bytes bytes) {
    const bool zip = at(bytes, 0) == 'P' && at(bytes, 1) == 'K' && at(bytes, 2) == 3 && at(bytes, 3) == 4;
    return zip || (at(bytes, 0) == 0x80 && at(bytes, 1) >= 2 && at(bytes, 1) <= 5);
}

bool is_text(Bytes bytes) {
    const Bytes head = bytes.first(std::min<std::size_t>(bytes.size(), 4096));
    return std::ranges::all_of(head, [](std::byte b) {
        const auto c = std::to_integer<unsigned>(b);
        return c >= ' ' || c == '\n' || c == '\r' || c == '\t';
    });
}

// ModelProto begins with ir_version (field 1, a number), NetParameter with its name or layers (strings).
bool is_onnx(Bytes bytes) {
    return at(bytes, 0) == 0x08 && at(bytes, 1) >= 1 && at(bytes, 1) < 0x80;
}
bool is_caffemodel(Bytes bytes) {
    const unsigned tag = at(bytes, 0);
    const bool name = tag == 0x0A, old_layer = tag == 0x12, input = tag == 0x1A;
    const bool layer = tag == 0xA2 && at(bytes, 1) == 0x06;
    return (name || old_layer || input || layer) && !is_text(bytes);
}

}  // namespace

const char* name(FileFormat format) {
    switch (format) {
        case FileFormat::native:
            return "emulsion";
        case FileFormat::state_dict:
            return "safetensors";
        case FileFormat::torch:
            return "torch";
        case FileFormat::onnx:
            return "onnx";
        case FileFormat::caffemodel:
            return "caffe";
        case FileFormat::prototxt:
            return "caffe text";
        case FileFormat::deep_compression:
            return "deep-compression";
    }
    return "";
}

FileFormat sniff(const std::string& path) {
    const MappedFile file(path);
    const Bytes bytes = file.bytes();
    if (is_safetensors(bytes)) {
        const bool has_net = SafetensorsFile::open(path)->metadata().contains("emulsion.net");
        return has_net ? FileFormat::native : FileFormat::state_dict;
    }
    if (is_torch(bytes)) return FileFormat::torch;
    if (path.ends_with(".net") && !is_text(bytes)) return FileFormat::deep_compression;
    if (is_onnx(bytes)) return FileFormat::onnx;
    if (is_caffemodel(bytes)) return FileFormat::caffemodel;
    if (is_text(bytes)) return FileFormat::prototxt;
    throw Error(Error::Kind::data, path +
                                       ": not a model file that Emulsion knows (its own, Caffe's, PyTorch's "
                                       "state dict, ONNX, Deep Compression's .net)");
}

}  // namespace emulsion
