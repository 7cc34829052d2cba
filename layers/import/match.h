// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Tensors of a file to the parameters of a net, by name and shape, with an account of each.
#pragma once

#include <emulsion/import.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "engine/formats/imported.h"

namespace emulsion {

/// A model of `net` with these weights. Shapes agree if they do so without sides of 1 (Caffe writes a fully
/// connected layer's weights as 1x1xNxK). Error(data), beginning with `where`, unless every parameter gets a
/// tensor and every tensor is used, or `allow_missing`: then the rest starts from the fillers.
std::shared_ptr<const Model> match(const NetDef& net, std::span<const formats::ForeignTensor> tensors,
                                   const ImportOptions& options, const std::string& where,
                                   ImportReport& report);

}  // namespace emulsion
