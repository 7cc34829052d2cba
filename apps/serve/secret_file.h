// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Who may read a file that holds a secret.
#pragma once

#include <sys/stat.h>

#include <sys/types.h>

namespace emulsion::serve {

/// Whether nobody but `reader` and root has access to a file. A group has none, but where root hands its own
/// file to a service by it: mode 440 or 640, as systemd's credentials have.
inline bool is_secret(const struct stat& status, uid_t reader) {
    const bool handed_out = status.st_uid == 0 && reader != 0;
    const mode_t others = handed_out ? S_IWGRP | S_IXGRP | S_IRWXO : S_IRWXG | S_IRWXO;
    return (status.st_mode & others) == 0;
}

}  // namespace emulsion::serve
