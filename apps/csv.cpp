// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/csv.h"

#include <spdlog/fmt/fmt.h>

#include <emulsion/error.h>
#include <algorithm>

#include "data/files.h"

namespace emulsion::apps {
namespace {

constexpr std::size_t most_bytes = std::size_t{1} << 30;

// Splits a file into rows of cells; quotes may enclose commas, line breaks and doubled quotes.
class Splitter {
   public:
    explicit Splitter(const std::vector<std::byte>& bytes)
        : text_(reinterpret_cast<const char*>(bytes.data()), bytes.size()) {}

    bool next(std::vector<std::string>& cells) {
        if (at_ >= text_.size()) return false;
        cells.assign(1, {});
        for (bool quoted = false; at_ < text_.size(); ++at_) {
            const char c = text_[at_];
            if (c == '\n') ++line_;
            if (quoted && c == '"' && text_.substr(at_ + 1, 1) == "\"") {
                cells.back() += text_[++at_];
            } else if (c == '"') {
                quoted = !quoted;
            } else if (!quoted && c == ',') {
                cells.emplace_back();
            } else if (!quoted && c == '\n') {
                ++at_;
                break;
            } else if (quoted || c != '\r') {
                cells.back() += c;
            }
        }
        return true;
    }

    int line() const { return line_; }  ///< the last line that was read, from 1

   private:
    std::string_view text_;
    std::size_t at_ = 0;
    int line_ = 0;
};

}  // namespace

CsvTable::CsvTable(const std::string& path, const std::vector<std::string>& columns) {
    const std::vector<std::byte> bytes = read_file(path, most_bytes);
    Splitter splitter(bytes);
    std::vector<std::string> header, cells;
    splitter.next(header);
    for (const std::string& column : columns) {
        const auto found = std::find(header.begin(), header.end(), column);
        if (found == header.end())
            throw Error(Error::Kind::data, fmt::format("{}:1: no column \"{}\"", path, column));
        places_.push_back(static_cast<std::size_t>(found - header.begin()));
    }
    while (splitter.next(cells)) {
        if (cells.size() != header.size()) {
            throw Error(Error::Kind::data, fmt::format("{}:{}: {} cells, where the header has {}", path,
                                                       splitter.line(), cells.size(), header.size()));
        }
        rows_.push_back(cells);
    }
}

}  // namespace emulsion::apps
