// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// One run at a time in a folder, or on a file.
#pragma once

#include <string>

namespace emulsion::apps {

/// Keeps other processes from doing the same with this open file or folder, until it is closed. Error(usage)
/// if another has. Where a file system knows no locks, there is none.
void lock_for_this_run(int descriptor, const std::string& path);

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
