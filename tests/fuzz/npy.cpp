// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A mean image as NumPy saves it.
#include "engine/formats/readers.h"
#include "tests/fuzz/support.h"

namespace emulsion::fuzz {

void npy(Bytes bytes) {
    const FileOf file(bytes);
    touch(formats::read_npy(file.path()));
}

}  // namespace emulsion::fuzz
