// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The limits of `emulsion serve` and `emulsion worker` as options; each object brings its defaults.
#pragma once

#include "apps/serve/dispatcher.h"
#include "apps/serve/limits.h"
#include "apps/serve/pipeline.h"

namespace CLI {
class App;
}

namespace emulsion::serve {

/// What requests and clients may take, and what may wait for workers.
void add_request_limits(CLI::App&, Limits&, DispatchOptions&);

/// How large a photo may be, and the memory in which photos are decoded.
void add_photo_limits(CLI::App&, PipelineOptions&);

}  // namespace emulsion::serve
