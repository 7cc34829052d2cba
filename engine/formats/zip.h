// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// ZIP files whose entries are stored as they are, not compressed: what torch.save writes. ZIP64 included.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "engine/files.h"
#include "engine/formats/file_bytes.h"

namespace emulsion::formats {

/// CRC-32 as ZIP uses it (polynomial 0xEDB88320, reflected).
std::uint32_t crc32(std::span<const std::byte>);

class ZipArchive {
   public:
    struct Entry {
        std::uint32_t crc = 0;
        std::span<const std::byte> data;
    };

    /// Reads the directory and holds each of its lines against the entry itself. Error(data) names the
    /// entry that is compressed, encrypted, there twice, cut short, not where the directory says, or
    /// overlaps another. Takes memory for the directory alone.
    explicit ZipArchive(FileBytes);

    const std::string& path() const { return file_.path; }
    const std::map<std::string, Entry>& entries() const { return entries_; }

    /// An entry's bytes, within the file's, once they have been held against its CRC-32. Error(data) if
    /// they do not fit it or there is no such entry.
    std::span<const std::byte> read(const std::string& name) const;

   private:
    FileBytes file_;
    std::map<std::string, Entry> entries_;
};

/// Writes a ZIP of stored entries, each starting at a multiple of 64 bytes, as torch's do. All sizes are
/// written as ZIP64, so that large files are no special case.
class ZipWriter {
   public:
    explicit ZipWriter(const std::string& path) : file_(path) {}
    void add(const std::string& name, std::span<const std::byte> data);
    /// Writes the directory and puts the file into place; the last call.
    void commit();

   private:
    AtomicFile file_;
    std::uint64_t written_ = 0, count_ = 0;
    std::string directory_;
};

}  // namespace emulsion::formats
