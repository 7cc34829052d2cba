// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Where data/ was not built.
#include "bench/photo_source.h"

namespace emulsion::bench {

std::vector<SourceKind> photo_sources() {
    return {prepared_photos()};
}

}  // namespace emulsion::bench
