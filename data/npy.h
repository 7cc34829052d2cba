// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Arrays of numbers in NumPy's .npy files: matrices of features, a row a photo, and lists of labels.
//
// What a set of features is on the disk: `X.npy` (f4, n x d), beside it `X.labels.npy` (i4, n) and
// `X.photos.txt` (a path a line), all in one order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace emulsion {

class MappedFile;

/// Little-endian, as every machine is that Emulsion runs on: NumPy's '<f4' and '<i4'.
enum class NpyType : std::uint8_t { f4, i4 };

/// An array of one or two dimensions in a mapped file: opening reads the header alone, rows come from the
/// disk when they are touched.
class NpyArray {
   public:
    /// Error(data) in one line if the file is absent, cut short, too long, no .npy file, in Fortran's order,
    /// of another type than these two, or of other than one or two dimensions. No rows are fine.
    explicit NpyArray(const std::string& path);

    NpyType type() const { return type_; }
    std::int64_t rows() const { return rows_; }
    /// 0 for an array of one dimension.
    std::int64_t columns() const { return columns_; }

    /// All numbers, row after row; valid as long as the array. Error(data) if they are of the other type.
    std::span<const float> floats() const;
    std::span<const std::int32_t> integers() const;

   private:
    void read_header();
    [[noreturn]] void fail(const std::string& what) const;

    std::string path_;
    std::shared_ptr<const MappedFile> file_;
    std::span<const std::byte> numbers_;
    NpyType type_ = NpyType::f4;
    std::int64_t rows_ = 0, columns_ = 0;
};

/// Writes an array row by row, without knowing how many there will be. The rows go to "NAME.part"; commit()
/// completes its header and renames it, so that under the name there is the old file or the new one, whole.
///
/// All members throw Error(failure) if the disk is full or the folder cannot be written. Without commit() the
/// part file is removed, unless keep() was called or the process was killed: then a writer that resumes finds
/// the rows that were written whole.
class NpyWriter {
   public:
    enum class Start : std::uint8_t { afresh, resume };

    /// `columns` is 0 for an array of one dimension. Resuming takes up a part file if there is one;
    /// Error(data) if it is of another type or width.
    NpyWriter(const std::string& path, NpyType type, std::int64_t columns, Start start = Start::afresh);
    ~NpyWriter();
    NpyWriter(const NpyWriter&) = delete;
    NpyWriter& operator=(const NpyWriter&) = delete;

    std::int64_t rows() const { return rows_; }
    /// Forgets the rows from `rows` on, for who resumes several files that must agree.
    void truncate(std::int64_t rows);

    /// One row or several, whole, of the writer's type.
    void append(std::span<const float> numbers);
    void append(std::span<const std::int32_t> numbers);

    /// Hands what was written to the system, so that a killed process does not lose it.
    void flush();
    /// Leaves the part file for a writer that resumes, without the rows for which the disk has no room: it
    /// does not throw. The last call.
    void keep();
    /// Completes the file and sees it safe on the disk, so that nothing but its name is missing. No row comes
    /// after it.
    void seal();
    /// Puts the file into its place. The last call.
    void commit();

   private:
    void open(Start start);
    void append_bytes(NpyType type, std::span<const std::byte> bytes);
    void discard() noexcept;
    [[noreturn]] void fail(const std::string& why) const;
    std::int64_t row_numbers() const { return columns_ == 0 ? 1 : columns_; }

    std::string path_, part_;
    NpyType type_;
    std::int64_t columns_, rows_ = 0;
    int descriptor_ = -1;
    std::string buffer_;  ///< rows that are not yet in the file
};

}  // namespace emulsion
