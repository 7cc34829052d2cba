// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// How an imported net's photos are prepared, where its files say so only in part or not at all. Most wrong
// answers of imported nets come from here, so whatever is assumed is said in a note.
#pragma once

#include <emulsion/import.h>

#include <string>

#include "engine/formats/imported.h"
#include "layers/import/dialect.h"

namespace emulsion {

/// Completes the preprocessing of a net: from the dialect if it is of one, else by the habit of the programs
/// that write such files. Stated sizes, scale and crop are kept. `mean` as take_mean has it.
void complete_preprocessing(formats::Imported&, const Dialect*, const std::string& mean, ImportReport&);

/// Subtracts a mean image (Caffe's mean.binaryproto, or .npy; "": none) instead of the net's means.
/// Error(data) if it is not of the photos' size.
void take_mean(NetDef&, const std::string& path);

}  // namespace emulsion
