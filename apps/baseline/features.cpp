// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/baseline/features.h"

#include <emulsion/error.h>
#include <unistd.h>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>
#include <string_view>

#include "data/files.h"
#include "data/npy.h"
#include "engine/files.h"

namespace emulsion::baseline {
namespace {

constexpr std::int64_t most_columns = std::int64_t{1} << 24;

/// Rows of zeros take a few bytes of a text, and much memory once they are written out.
bool fits_memory(std::int64_t rows, std::int64_t columns) {
    const std::int64_t bytes = std::int64_t{::sysconf(_SC_PHYS_PAGES)} * ::sysconf(_SC_PAGESIZE);
    return rows <= bytes / 2 / static_cast<std::int64_t>(sizeof(float)) / columns;
}

[[noreturn]] void refuse(const std::string& where, const std::string& what) {
    throw Error(Error::Kind::data, one_line(where + ": " + what));
}

[[noreturn]] void refuse_width(const std::string& path, std::int64_t found, std::int64_t wanted) {
    refuse(path,
           std::to_string(found) + " features a photo, where " + std::to_string(wanted) + " are wanted");
}

void check_finite(const Features& features) {
    const auto bad = std::find_if_not(features.values.begin(), features.values.end(),
                                      [](float value) { return std::isfinite(value); });
    if (bad == features.values.end()) return;
    const auto at = bad - features.values.begin();
    refuse(features.path, "row " + std::to_string(at / features.columns + 1) + ", column " +
                              std::to_string(at % features.columns + 1) + " is not a finite number");
}

Features read_arrays(const std::string& path) {
    const NpyArray array(path);
    if (array.columns() == 0) refuse(path, "an array of one dimension; features have a row a photo");
    if (array.rows() == 0) refuse(path, "holds no photo");
    const std::span<const float> values = array.floats();
    Features features{path, array.rows(), array.columns(), {values.begin(), values.end()}, {}};

    const std::string labels_path = labels_beside(path);
    const NpyArray labels(labels_path);
    if (labels.columns() != 0 || labels.rows() != array.rows())
        refuse(labels_path, std::to_string(labels.rows()) + " labels for the " +
                                std::to_string(array.rows()) + " rows of " + path);
    for (const std::int32_t label : labels.integers()) {
        if (label != 0 && label != 1)
            refuse(labels_path, "label " + std::to_string(label) + " in row " +
                                    std::to_string(features.classes.size() + 1) +
                                    "; a baseline tells class 1 from class 0, and knows no other");
        features.classes.push_back(static_cast<std::int8_t>(label));
    }
    return features;
}

/// A text in LIBSVM's format, taken apart line by line.
class SparseText {
   public:
    explicit SparseText(const std::string& path) : path_(path) {}

    struct Cell {
        std::int64_t column;  ///< from 1
        float value;
    };

    /// Calls start(class) for each line, then cell(Cell) for each of its numbers.
    template <class Start, class Use>
    void parse(std::string_view text, Start&& start, Use&& cell) {
        for (line_ = 1; !text.empty(); ++line_) {
            const std::size_t end = std::min(text.find('\n'), text.size());
            rest_ = text.substr(0, std::min(text.substr(0, end).find('#'), end));
            text.remove_prefix(std::min(end + 1, text.size()));
            const std::string_view label = word();
            if (label.empty()) continue;
            start(class_of(label));
            std::int64_t last = 0;
            for (std::string_view next = word(); !next.empty(); next = word()) {
                const Cell found = cell_of(next);
                if (found.column <= last) fail("column " + std::to_string(found.column) + " out of order");
                last = found.column;
                cell(found);
            }
        }
    }

   private:
    [[noreturn]] void fail(const std::string& what) const {
        refuse(path_ + ":" + std::to_string(line_), what);
    }
    std::string_view word() {
        constexpr std::string_view blanks = " \t\r";
        rest_.remove_prefix(std::min(rest_.find_first_not_of(blanks), rest_.size()));
        const std::string_view found = rest_.substr(0, std::min(rest_.find_first_of(blanks), rest_.size()));
        rest_.remove_prefix(found.size());
        return found;
    }
    template <class Number>
    static bool read(std::string_view text, Number& number) {
        if (text.starts_with('+')) text.remove_prefix(1);
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        return error == std::errc{} && end == text.data() + text.size();
    }
    std::int8_t class_of(std::string_view label) const {
        double value = 0;
        if (!read(label, value) || (value != 1 && value != 0 && value != -1))
            fail("label '" + std::string(label) +
                 "'; a baseline tells class 1 from class 0 (or -1), and knows no other");
        return value == 1 ? 1 : 0;
    }
    Cell cell_of(std::string_view text) const {
        Cell cell{};
        const std::size_t colon = text.find(':');
        if (colon == text.npos || !read(text.substr(0, colon), cell.column) || cell.column < 1 ||
            cell.column > most_columns || !read(text.substr(colon + 1), cell.value))
            fail("'" + std::string(text) + "' is not like 3:0.5");
        return cell;
    }

    std::string path_;
    std::size_t line_ = 0;
    std::string_view rest_;
};

/// Read twice: to learn how large the matrix is, then to fill it.
Features read_sparse(const std::string& path, std::string_view text, std::int64_t columns) {
    Features features;
    features.path = path;
    std::int64_t widest = 0;
    SparseText reader(path);
    reader.parse(
        text, [&](std::int8_t label) { features.classes.push_back(label); },
        [&](const SparseText::Cell& cell) { widest = std::max(widest, cell.column); });
    if (features.classes.empty()) refuse(path, "holds no photo");
    if (widest == 0) refuse(path, "holds no number other than zero");
    if (columns != 0 && widest > columns) refuse_width(path, widest, columns);
    features.count = static_cast<std::int64_t>(features.classes.size());
    features.columns = columns != 0 ? columns : widest;
    if (!fits_memory(features.count, features.columns))
        refuse(path, std::to_string(features.count) + " rows of " + std::to_string(features.columns) +
                         " columns take more than half of this machine's memory when written out");
    features.values.resize(static_cast<std::size_t>(features.count * features.columns));
    float* row = features.values.data() - features.columns;
    reader.parse(
        text, [&](std::int8_t) { row += features.columns; },
        [&](const SparseText::Cell& cell) { row[cell.column - 1] = cell.value; });
    return features;
}

}  // namespace

std::string labels_beside(const std::string& path) {
    const std::string_view end = ".npy";
    return (path.ends_with(end) ? path.substr(0, path.size() - end.size()) : path) + ".labels.npy";
}

Features read_features(const std::string& path, std::int64_t columns) {
    Features features;
    {
        const MappedFile file(path);
        const auto bytes = file.bytes();
        const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        features = text.starts_with("\x93NUMPY") ? read_arrays(path) : read_sparse(path, text, columns);
    }
    if (columns != 0 && features.columns != columns) refuse_width(path, features.columns, columns);
    check_finite(features);
    return features;
}

}  // namespace emulsion::baseline
