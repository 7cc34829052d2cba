// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <emulsion/model.h>
#include <string>

#include "apps/serve/backend.h"

namespace emulsion::serve {

/// What a model is known by. Two models have the same fingerprint if their nets, preprocessing and weights
/// are the same to the bit, whatever their files are called. Reads all weights.
ModelFacts facts_of(const Model&, const std::string& name);

}  // namespace emulsion::serve
