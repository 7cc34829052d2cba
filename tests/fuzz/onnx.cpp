// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// ONNX files, and through them the wire form of protocol buffers.
#include "engine/formats/readers.h"
#include "tests/fuzz/support.h"

namespace emulsion::fuzz {

void onnx(Bytes bytes) {
    const FileOf file(bytes);
    touch(formats::read_onnx(file.path()));
}

}  // namespace emulsion::fuzz
