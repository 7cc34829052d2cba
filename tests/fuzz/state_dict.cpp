// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/formats/readers.h"
#include "tests/fuzz/support.h"

namespace emulsion::fuzz {

void state_dict(Bytes bytes) {
    const FileOf file(bytes);
    touch(formats::read_state_dict(file.path()));
}

}  // namespace emulsion::fuzz
