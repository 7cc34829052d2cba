// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The pickle of a state dict, without the storages that it describes.
#include "engine/formats/pickle.h"

#include "engine/formats/torch_pickle.h"
#include "tests/fuzz/support.h"

namespace emulsion::fuzz {

void pickle(Bytes bytes) {
    const auto document = formats::pickle::read(bytes, formats::torch_globals(), "pickle");
    formats::torch_storages(document, "pickle");
    formats::torch_state_dict(document, "pickle");
}

}  // namespace emulsion::fuzz
