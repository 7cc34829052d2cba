// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <string>

namespace emulsion::test {

/// The folder of real weights and photos, whether it is there or not: EMULSION_DATA, else ../shared/data
/// beside the source.
inline std::string shared_data() {
    const char* const set = std::getenv("EMULSION_DATA");
    return set != nullptr ? set : EMULSION_SOURCE_DIR "/../shared/data";
}

}  // namespace emulsion::test
