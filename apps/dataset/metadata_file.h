// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What is known of photos: a CSV file with a header, or bare lines "id, stars, views, width, height, upload
// time".
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace emulsion::apps {

enum class Field { id, path, owner, stars, views, width, height, time, rating };
inline constexpr std::size_t field_count = 9;

/// A line of the file. Numbers that the file lacks or that nobody asked for are 0.
struct PhotoLine {
    std::uint64_t place = 0;  ///< of its first byte in the file
    std::string id, path, owner;
    std::array<double, field_count> numbers{};

    double operator[](Field field) const { return numbers[static_cast<std::size_t>(field)]; }
};

/// Reads line after line in constant memory, and any line again by its place.
///
/// Fields are parted by commas, tabs or semicolons, bare lines also by blanks: what the first line shows. In
/// a file with a header, which is one whose first field is no number, columns are found by name, in any order
/// and case; fields may be quoted as RFC 4180 has it, line breaks within included. A byte-order mark, Windows
/// line ends and blank lines are fine. A file without ids is one whose paths are its ids. Times are Unix
/// seconds.
class MetadataFile {
   public:
    /// `wanted` numbers are read and must be there; `rating` names the column of that field. Error(data) if
    /// the file cannot be read, is empty or lacks a column.
    MetadataFile(const std::string& path, const std::vector<Field>& wanted, const std::string& rating = "");
    ~MetadataFile();
    MetadataFile(const MetadataFile&) = delete;
    MetadataFile& operator=(const MetadataFile&) = delete;

    /// Hears of a line that is passed over: its number, from 1, and why.
    using Malformed = std::function<void(std::int64_t line, const std::string& why)>;
    bool next(PhotoLine& line, const Malformed& malformed);

    /// The line that begins at a place where next() found one. Any number of threads at once.
    PhotoLine at(std::uint64_t place) const;

    bool has(Field field) const { return columns_[static_cast<std::size_t>(field)].has_value(); }
    const std::string& path() const { return path_; }
    std::uint64_t bytes() const { return bytes_; }  ///< of the file
    std::uint64_t read() const { return place_; }   ///< of which next() has read so many

   private:
    using Pieces = std::vector<std::string>;
    struct Extent {
        std::size_t size = 0, lines = 1;  ///< with its line end
        bool open_quote = false;
    };

    void find_form(const std::string& rating);
    void find_columns(const Pieces& header, const std::string& rating);
    void need(Field field) const;
    bool fill();
    void skip_line();
    Extent extent_of(std::string_view text) const;
    void take_apart(std::string_view text, Pieces& pieces) const;
    std::string interpret(std::string_view text, Pieces& pieces, PhotoLine& line) const;
    std::size_t read_at(std::uint64_t place, char* to, std::size_t size) const;

    std::string path_;
    int descriptor_ = -1;
    std::uint64_t bytes_ = 0;
    std::vector<Field> wanted_;
    char separator_ = ',';
    bool quotes_ = false;
    std::size_t pieces_wanted_ = 0;
    std::array<std::optional<std::size_t>, field_count> columns_;

    std::vector<char> buffer_;
    std::size_t begin_ = 0, end_ = 0;  ///< of what is unread in the buffer
    std::uint64_t place_ = 0;          ///< of `begin_` in the file
    std::int64_t lines_ = 0;           ///< behind `begin_`
    Pieces pieces_;
};

}  // namespace emulsion::apps
