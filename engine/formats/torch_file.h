// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/formats/file_bytes.h"
#include "engine/formats/imported.h"

namespace emulsion::formats {

/// read_torch, of bytes that lie anywhere.
Imported read_torch(const FileBytes&);

}  // namespace emulsion::formats
