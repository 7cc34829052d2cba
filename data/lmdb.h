// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Databases of LMDB, in which Caffe keeps photos: a folder with the file data.mdb, a B+ tree of keys and
// values.
//
// Reading is our own, since LMDB's library trusts its files: a damaged one makes it read beyond the mapping.
// Ours checks every offset, needs no lock file, and suits read-only folders. Writing is the library's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/files.h"

namespace emulsion {

/// Whether a path is a folder that holds data.mdb, which is all it takes to be taken for a database.
bool is_lmdb(const std::string& path);

/// The records of a database, in the order of their keys' bytes. Takes 32 bytes of memory a record; keys and
/// values are views of the mapped file. Any number of threads may read; nobody may write meanwhile.
class Lmdb {
   public:
    struct Record {
        std::string_view key;
        std::span<const std::byte> value;
    };

    /// Throws Error(data), in one line, for what is no database of LMDB 0.9 as 64-bit little-endian machines
    /// write it, is cut off or damaged, or holds named or multi-valued tables.
    explicit Lmdb(const std::string& folder);

    std::span<const Record> records() const { return records_; }

   private:
    MappedFile file_;
    std::vector<Record> records_;
};

/// Writes a database beside its name, "NAME.tmp-PID", and renames: at every moment `folder` is the old
/// database or the new one. Throws Error(failure) if something cannot be written, and removes what was begun;
/// only a killed process leaves it behind.
class LmdbWriter {
   public:
    /// Error(usage) if `folder` is there and holds anything but a database, which replacing it would lose.
    explicit LmdbWriter(const std::string& folder);
    ~LmdbWriter();
    LmdbWriter(const LmdbWriter&) = delete;
    LmdbWriter& operator=(const LmdbWriter&) = delete;

    /// Keys have 1 to 511 bytes; one that comes twice keeps its last value.
    void put(std::string_view key, std::span<const std::byte> value);
    /// Completes the database and sees it safe on the disk, so that nothing but its name is missing. No
    /// record comes after it.
    void seal();
    void commit();  ///< the last call

   private:
    struct Environment;
    void flush();
    [[noreturn]] void fail(int code) const;

    std::string folder_, temporary_;
    std::unique_ptr<Environment> environment_;
    std::vector<std::pair<std::string, std::vector<std::byte>>> pending_;
    std::size_t pending_bytes_ = 0;
};

}  // namespace emulsion
