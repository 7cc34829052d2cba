// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A mean image of Caffe's, a bare array in the wire form of protocol buffers.
#include "engine/formats/readers.h"
#include "tests/fuzz/support.h"

namespace emulsion::fuzz {

void binaryproto(Bytes bytes) {
    const FileOf file(bytes);
    touch(formats::read_binaryproto(file.path()));
}

}  // namespace emulsion::fuzz
