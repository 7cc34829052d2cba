// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Caffe's text definitions, of which each phase may hold another net.
#include "engine/formats/readers.h"
#include "tests/fuzz/support.h"

namespace emulsion::fuzz {

void prototxt(Bytes bytes) {
    const FileOf file(bytes);
    for (const auto phase : {formats::Phase::train, formats::Phase::test})
        touch(formats::read_prototxt(file.path(), phase));
}

}  // namespace emulsion::fuzz
