// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// One run at a time in a folder.
#pragma once

#include <string>

namespace emulsion::apps {

/// While it lives, no other process can make one of the same folder. The system forgets it with the process,
/// so a killed run locks nobody out. Where a file system knows no locks, there is none.
class FolderLock {
   public:
    /// Error(usage) if another process has it.
    explicit FolderLock(const std::string& folder);
    ~FolderLock();
    FolderLock(const FolderLock&) = delete;
    FolderLock& operator=(const FolderLock&) = delete;

   private:
    int descriptor_;
};

}  // namespace emulsion::apps
