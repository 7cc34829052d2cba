// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Options of `emulsion serve` and `emulsion worker`; each object brings its defaults.
#pragma once

#include <vector>

#include "apps/common.h"
#include "apps/serve/dispatcher.h"
#include "apps/serve/limits.h"
#include "apps/serve/pipeline.h"

namespace emulsion::serve {

/// What requests and clients may take, and what may wait for workers.
void add_request_limits(CLI::App&, Limits&, DispatchOptions&);

/// How large a photo may be and the memory in which photos are decoded, batch, machine and implementations.
/// Returns the options that limit photos.
std::vector<CLI::Option*> add_pipeline_options(CLI::App&, apps::RunOptions&, PipelineOptions&);

/// The pipeline that these options ask for: batch-invariant, a decoder a thread.
PipelineOptions pipeline_of(const apps::RunOptions&, const PipelineOptions&, const Log&);

}  // namespace emulsion::serve
