// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Room on the disk for what does not fit into memory: a file without a name, which goes with the process
// however that ends.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace emulsion::apps {

class ScratchFile {
   public:
    /// In this folder. Every failure throws Error(failure) that names it.
    explicit ScratchFile(const std::string& folder);
    ~ScratchFile();
    ScratchFile(const ScratchFile&) = delete;
    ScratchFile& operator=(const ScratchFile&) = delete;

    /// Where the bytes begin. They are written when some have gathered, or by flush().
    std::uint64_t append(std::span<const std::byte> bytes);
    void flush();
    /// Of what was flushed; any number of threads at once.
    void read(std::uint64_t at, std::span<std::byte> to) const;

    std::uint64_t size() const { return written_ + pending_.size(); }

   private:
    [[noreturn]] void fail(int code) const;

    std::string folder_;
    int descriptor_ = -1;
    std::uint64_t written_ = 0;
    std::vector<std::byte> pending_;
};

/// A ScratchFile of equal records.
template <class Record>
class RecordFile {
    static_assert(std::is_trivially_copyable_v<Record>);

   public:
    explicit RecordFile(const std::string& folder) : file_(folder) {}

    void append(const Record& record) {
        file_.append(std::as_bytes(std::span(&record, 1)));
        ++count_;
    }
    void flush() { file_.flush(); }
    std::size_t size() const { return count_; }

    /// Records i, i + 1, ... after flush(); any number of threads at once.
    void read(std::size_t i, std::span<Record> to) const {
        file_.read(i * sizeof(Record), std::as_writable_bytes(to));
    }

    /// Reads in either direction, a block at a time.
    class Cursor {
       public:
        explicit Cursor(const RecordFile& file) : file_(&file) {}

        const Record& at(std::size_t i) {
            constexpr std::size_t block = 1024;
            if (i < first_ || i >= first_ + records_.size()) {
                first_ = i / block * block;
                records_.resize(std::min(block, file_->size() - first_));
                file_->read(first_, records_);
            }
            return records_[i - first_];
        }

       private:
        const RecordFile* file_;
        std::size_t first_ = 0;
        std::vector<Record> records_;
    };

   private:
    ScratchFile file_;
    std::size_t count_ = 0;
};

}  // namespace emulsion::apps
