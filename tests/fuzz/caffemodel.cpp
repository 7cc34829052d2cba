// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Caffe's weights. The net among them is converted too, and passed over where that fails.
#include "engine/formats/readers.h"
#include "tests/fuzz/support.h"

namespace emulsion::fuzz {

void caffemodel(Bytes bytes) {
    const FileOf file(bytes);
    touch(formats::read_caffemodel(file.path()));
}

}  // namespace emulsion::fuzz
