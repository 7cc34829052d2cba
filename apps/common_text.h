// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Text for people: numbers, tables, and the one way to the standard output.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace emulsion::apps {

/// The reader of the standard output went away (`emulsion ... | head`): no message, only an end.
struct ReaderGone {};

/// Writes all of `text` to the standard output, at once and unbuffered. Nothing else writes there.
/// Error(failure) if it cannot be written (disk full); ReaderGone if nobody reads any more.
void print(std::string_view text);

std::string with_commas(std::int64_t number);   ///< 48487810 -> "48,487,810"
std::string fixed(double value, int decimals);  ///< fixed(3.14159, 2) -> "3.14"
std::string human_bytes(double bytes);          ///< "512 B", "1.9 GiB"
std::string human_seconds(double seconds);      ///< "45 s", "3 min 20 s", "2 h 05 min"
std::string one_line(std::string_view text);    ///< line breaks and control characters to spaces

/// "512", "64k", "300MB", "1.5 GiB" to bytes; kB, MB, GB count in thousands, KiB, MiB, GiB and the bare
/// letters K, M, G in 1024s. Error(usage) naming `option` if it is none of these.
std::uint64_t parse_bytes(const std::string& text, const std::string& option);

/// A table in columns, aligned by spaces. Cells that look like numbers are set to the right by column.
class Table {
   public:
    enum class Align { left, right };
    struct Column {
        std::string title;
        Align align = Align::left;
    };

    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
    void add(std::vector<std::string> cells);
    std::string text(int indent = 0) const;

   private:
    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

/// A field of a CSV line, quoted where RFC 4180 asks for it.
std::string csv_field(std::string_view text);

}  // namespace emulsion::apps
