// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <emulsion/layer.h>

#include "engine/formats/file_bytes.h"
#include "engine/formats/imported.h"

namespace emulsion::formats {

/// read_deep_compression, of bytes that lie anywhere.
Imported read_deep_compression(const FileBytes&, const NetDef&, const LayerFactory&);

}  // namespace emulsion::formats
