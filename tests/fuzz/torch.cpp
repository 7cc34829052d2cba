// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// PyTorch's files, both forms. The ZIP's sums keep mutations from the pickle within; "pickle" is for that.
#include "engine/formats/torch_file.h"

#include "tests/fuzz/support.h"

namespace emulsion::fuzz {

void torch(Bytes bytes) {
    touch(formats::read_torch(formats::FileBytes{"file", bytes, {}}));
}

}  // namespace emulsion::fuzz
