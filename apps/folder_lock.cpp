// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <emulsion/error.h>
#include <cerrno>

#include "data/files.h"

namespace emulsion::apps {

void lock_for_this_run(int descriptor, const std::string& path) {
    if (flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
    throw Error(Error::Kind::usage, one_line(path + ": another run is at work there"));
}

FolderLock::FolderLock(const std::string& folder)
    : descriptor_(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (descriptor_ < 0) return;
    try {
        lock_for_this_run(descriptor_, folder);
    } catch (...) {
        close(descriptor_);
        throw;
    }
}

FolderLock::~FolderLock() {
    if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace emulsion::apps
