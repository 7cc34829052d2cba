// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A file of any format with weights, told by its content, down to the model: what the command does with a
// file that it is given.
#include <emulsion/import.h>

#include "tests/fuzz/support.h"

namespace emulsion::fuzz {

void import_model(Bytes bytes) {
    const FileOf file(bytes);
    const auto model = emulsion::import_model(file.path());
    for (std::size_t i = 0; i < model->parameters().size(); ++i) touch(std::as_bytes(model->weights(i)));
}

}  // namespace emulsion::fuzz
