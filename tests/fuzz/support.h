// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What the targets share.
#pragma once

#include <string>

#include "engine/formats/imported.h"
#include "engine/formats/readers.h"
#include "tests/fuzz/targets.h"

namespace emulsion::fuzz {

/// A file without a name that holds the bytes, for readers that take a path. It lives in memory.
class FileOf {
   public:
    explicit FileOf(Bytes);
    ~FileOf();
    FileOf(const FileOf&) = delete;
    FileOf& operator=(const FileOf&) = delete;

    std::string path() const;

   private:
    int descriptor_;
};

/// Reads every byte, so that AddressSanitizer sees views that reach too far.
void touch(Bytes);
void touch(const formats::Imported&);
void touch(const formats::MeanImage&);

/// Calls `read` and judges how it ends: by returning, or with an Error(data) of one line. Anything else
/// is thrown on as std::logic_error. True if it returned.
bool accepts(const Target&, Bytes);

}  // namespace emulsion::fuzz
