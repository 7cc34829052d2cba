// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <emulsion/safetensors.h>

#include "tests/fuzz/support.h"

namespace emulsion::fuzz {

void safetensors(Bytes bytes) {
    const FileOf file(bytes);
    const auto opened = SafetensorsFile::open(file.path());
    for (const FileTensor& tensor : opened->tensors()) touch(tensor.data);
}

}  // namespace emulsion::fuzz
