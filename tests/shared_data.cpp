// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/shared_data.h"

#include <cstdlib>

namespace emulsion::test {

std::string shared_data() {
    const char* const set = std::getenv("EMULSION_DATA");
    return set != nullptr ? set : EMULSION_SOURCE_DIR "/../shared/data";
}

}  // namespace emulsion::test
