// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/common_text.h"

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <emulsion/error.h>
#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>

namespace emulsion::apps {
namespace {

// Code points, which for the paths and names we print is as good as columns.
std::size_t width(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

// 0 if it is not a unit.
double unit_size(const std::string& unit) {
    constexpr std::string_view letters = "kmgt";
    if (unit.empty() || unit == "b") return 1;
    const std::size_t power = letters.find(unit[0]);
    if (power == std::string_view::npos) return 0;
    const std::string rest = unit.substr(1);
    if (rest.empty() || rest == "ib") return std::pow(1024.0, static_cast<double>(power + 1));
    return rest == "b" ? std::pow(1000.0, static_cast<double>(power + 1)) : 0;
}

}  // namespace

void print(std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0 && errno == EPIPE) throw ReaderGone{};
        if (written < 0) {
            throw Error(Error::Kind::failure,
                        std::string("cannot write to the standard output: ") + std::strerror(errno));
        }
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

std::string with_commas(std::int64_t number) {
    std::string digits = std::to_string(number);
    const std::size_t first = number < 0 ? 1 : 0;
    for (std::size_t i = digits.size(); i > first + 3;) {
        i -= 3;
        digits.insert(i, 1, ',');
    }
    return digits;
}

std::string fixed(double value, int decimals) {
    return fmt::format("{:.{}f}", value, decimals);
}

std::string human_bytes(double bytes) {
    constexpr std::array units = {"B", "KiB", "MiB", "GiB", "TiB"};
    std::size_t unit = 0;
    // 1023.95 would round to "1024.0".
    while (bytes >= (unit == 0 ? 1024.0 : 1023.95) && unit + 1 < units.size()) {
        bytes /= 1024;
        ++unit;
    }
    return fixed(bytes, unit == 0 ? 0 : 1) + " " + units[unit];
}

std::string human_seconds(double seconds) {
    const auto whole = static_cast<std::int64_t>(std::lround(std::max(seconds, 0.0)));
    if (whole < 60) return fmt::format("{} s", whole);
    if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
    return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

std::string one_line(std::string_view text) {
    std::string line;
    for (const char c : text) {
        const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
        if (!control) {
            line += c;
        } else if (!line.empty() && line.back() != ' ') {
            line += ' ';
        }
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    return line;
}

std::uint64_t parse_bytes(const std::string& text, const std::string& option) {
    double number = 0;
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    std::string unit = lower(std::string_view(parsed.ptr, static_cast<std::size_t>(end - parsed.ptr)));
    unit.erase(std::remove(unit.begin(), unit.end(), ' '), unit.end());
    const double bytes = number * unit_size(unit);
    constexpr double most = 1e18;  // well inside 64 bits
    if (parsed.ec != std::errc{} || !(bytes >= 1 && bytes <= most)) {
        throw Error(Error::Kind::usage,
                    option + " " + text + " is not a size: write for example 512MiB, 2GiB or 3GB");
    }
    return static_cast<std::uint64_t>(bytes);
}

void Table::add(std::vector<std::string> cells) {
    cells.resize(columns_.size());
    rows_.push_back(std::move(cells));
}

std::string Table::text(int indent) const {
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        widths.push_back(width(columns_[i].title));
        for (const auto& row : rows_) widths[i] = std::max(widths[i], width(row[i]));
    }
    std::string out;
    const auto line = [&](auto&& cell) {
        std::string row(static_cast<std::size_t>(indent), ' ');
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            const std::string& text = cell(i);
            const std::string gap(widths[i] - width(text), ' ');
            row += columns_[i].align == Align::right ? gap + text : text + gap;
            row += "  ";
        }
        row.erase(row.find_last_not_of(' ') + 1);
        out += row + "\n";
    };
    line([&](std::size_t i) -> const std::string& { return columns_[i].title; });
    for (const auto& row : rows_) line([&](std::size_t i) -> const std::string& { return row[i]; });
    return out;
}

std::string csv_field(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + '"';
}

}  // namespace emulsion::apps
