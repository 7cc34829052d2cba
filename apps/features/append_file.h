// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A file that grows over several runs, until it is whole and gets its name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace emulsion::apps {

/// Stays on the disk whatever happens, until it is renamed or removed. While it is open no other process can
/// open it so; the system forgets that with the process, and where a file system knows no locks, there is
/// none. All members throw Error(failure) if the disk is full or the folder cannot be written.
class AppendFile {
   public:
    /// Goes on behind what the file holds. Error(usage) if another process has it open.
    explicit AppendFile(const std::string& path);
    ~AppendFile();
    AppendFile(const AppendFile&) = delete;
    AppendFile& operator=(const AppendFile&) = delete;

    /// With what is not yet written.
    std::int64_t bytes() const { return bytes_; }
    void append(std::string_view text);
    /// Hands what was appended to the system, so that a killed process does not lose it.
    void flush();
    /// Forgets what lies behind the first `bytes`.
    void truncate(std::int64_t bytes);
    /// Sees all of it safe on the disk.
    void sync();
    /// Puts the whole file, safe on the disk, where it belongs. The last call.
    void rename(const std::string& path);

   private:
    [[noreturn]] void fail() const;

    std::string path_, buffer_;
    int descriptor_ = -1;
    std::int64_t bytes_ = 0;
};

}  // namespace emulsion::apps
