// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Files as the engine needs them: mapped whole for reading, and replaced whole when written.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace emulsion {

/// A whole file mapped read-only: pages come from the disk when touched and are shared between
/// processes. The file must not be shortened meanwhile (AtomicFile never does: the old bytes live on
/// until unmapped).
class MappedFile {
   public:
    /// Throws Error(data) if `path` cannot be read, is empty or is no regular file.
    explicit MappedFile(const std::string& path);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    std::span<const std::byte> bytes() const { return bytes_; }

   private:
    std::span<const std::byte> bytes_;
};

/// The whole of a file (or pipe). Throws Error(data) if it cannot be read or holds more than `limit` bytes.
std::string read_text(const std::string& path, std::size_t limit);

/// Replaces a file whole. The bytes go to "NAME.tmp-PID-N" in the same folder; commit() flushes them to
/// the disk and renames, so that at every moment, a crash included, `path` is the old file or the new
/// one. An existing file's permissions are kept; a symbolic link stays and its target is replaced.
///
/// Every failure throws Error(failure) and removes the temporary file at once; so does destruction
/// without commit(). Only a killed process leaves one behind.
class AtomicFile {
   public:
    explicit AtomicFile(const std::string& path);
    ~AtomicFile();
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;

    void append(std::span<const std::byte> bytes);
    void append(std::string_view text) { append(std::as_bytes(std::span(text))); }
    void commit();  ///< the last call

    /// Where the bytes are until then.
    const std::string& temporary() const { return temporary_; }

   private:
    void open_temporary(unsigned mode);
    void flush_folder();
    void discard() noexcept;
    [[noreturn]] void fail(const std::string& why);

    std::string path_;       ///< as given, for messages
    std::string target_;     ///< what `path_` stands for, symbolic links followed
    std::string temporary_;  ///< empty when there is none
    int descriptor_ = -1;
};

}  // namespace emulsion
