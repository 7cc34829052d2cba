// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The net within a native model file. One that is read must come back the same from what we write of it.
#include <emulsion/netdef.h>

#include <stdexcept>
#include <string>

#include "tests/fuzz/support.h"

namespace emulsion::fuzz {

void netdef(Bytes bytes) {
    const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const std::string written = to_json(net_from_json(text, "net"));
    if (to_json(net_from_json(written, "net")) != written) throw std::logic_error("not the same net");
}

}  // namespace emulsion::fuzz
