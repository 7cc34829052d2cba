// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/formats/zip.h"

#include "tests/fuzz/support.h"

namespace emulsion::fuzz {

void zip(Bytes bytes) {
    const formats::ZipArchive archive(formats::FileBytes{"file", bytes, {}});
    for (const auto& [name, entry] : archive.entries()) touch(entry.data);
    for (const auto& [name, entry] : archive.entries()) archive.read(name);
}

}  // namespace emulsion::fuzz
