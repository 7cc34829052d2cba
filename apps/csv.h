// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Tables as RFC 4180 has them, read whole.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace emulsion::apps {

class CsvTable {
   public:
    /// Error(data), FILE:LINE, if it cannot be read, lacks one of `columns`, or has a row of another
    /// length than the header.
    CsvTable(const std::string& path, const std::vector<std::string>& columns);

    std::size_t rows() const { return rows_.size(); }
    /// A cell, by row and by place in `columns`.
    const std::string& at(std::size_t row, std::size_t column) const { return rows_[row][places_[column]]; }

   private:
    std::vector<std::size_t> places_;
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace emulsion::apps
