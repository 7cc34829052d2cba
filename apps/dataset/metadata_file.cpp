// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/dataset/metadata_file.h"

#include <fcntl.h>
#include <spdlog/fmt/fmt.h>
#include <sys/stat.h>
#include <unistd.h>

#include <emulsion/error.h>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <system_error>

#include "data/files.h"

namespace emulsion::apps {
namespace {

constexpr std::size_t most_line = std::size_t{64} << 10;  // with the quoted line breaks in it
constexpr std::size_t buffer_bytes = std::size_t{1} << 20;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// The first of each is what messages call the column.
const std::array<std::vector<std::string_view>, field_count> column_names{{
    {"id", "photo_id"},
    {"path", "photo", "file"},
    {"owner", "author", "user"},
    {"stars", "favorites", "favourites", "faves"},
    {"views"},
    {"width"},
    {"height"},
    {"upload_time", "upload time", "uploaded", "dateupload", "date_upload"},
    {},
}};
constexpr std::array bare_order = {Field::id,    Field::stars,  Field::views,
                                   Field::width, Field::height, Field::time};

[[noreturn]] void refuse(const std::string& path, const std::string& what) {
    throw Error(Error::Kind::data, one_line(path + ": " + what));
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r";
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

std::string lower(std::string_view text) {
    std::string low(text);
    for (char& c : low)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return low;
}

bool is_number(std::string_view text, double& value) {
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    return code == std::errc{} && end == text.data() + text.size() && std::isfinite(value);
}

/// Names go into lists, a line each.
bool is_one_line(std::string_view text) {
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

const char* name_of(Field field) {
    return field == Field::rating ? "rating" : column_names[static_cast<std::size_t>(field)].front().data();
}

}  // namespace

MetadataFile::MetadataFile(const std::string& path, const std::vector<Field>& wanted,
                           const std::string& rating)
    : path_(path), wanted_(wanted), buffer_(buffer_bytes) {
    descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status {};
    if (descriptor_ < 0 || ::fstat(descriptor_, &status) != 0)
        refuse(path_, std::generic_category().message(errno));
    try {
        if (!S_ISREG(status.st_mode)) refuse(path_, "not a regular file, which is read twice");
        bytes_ = static_cast<std::uint64_t>(status.st_size);
        find_form(rating);
    } catch (...) {
        ::close(descriptor_);
        throw;
    }
}

MetadataFile::~MetadataFile() {
    ::close(descriptor_);
}

std::size_t MetadataFile::read_at(std::uint64_t place, char* to, std::size_t size) const {
    std::size_t done = 0;
    while (done < size) {
        const ssize_t n = ::pread(descriptor_, to + done, size - done, static_cast<off_t>(place + done));
        if (n < 0 && errno != EINTR) refuse(path_, std::generic_category().message(errno));
        if (n == 0) break;
        if (n > 0) done += static_cast<std::size_t>(n);
    }
    return done;
}

/// Makes room and reads on; false at the end of the file.
bool MetadataFile::fill() {
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ -= begin_;
    begin_ = 0;
    const std::size_t got = read_at(place_ + end_, buffer_.data() + end_, buffer_.size() - end_);
    end_ += got;
    return got > 0;
}

/// The first line of a text, which may end within it.
MetadataFile::Extent MetadataFile::extent_of(std::string_view text) const {
    Extent extent;
    for (bool quoted = false;;) {
        const std::size_t end = text.find('\n', extent.size);
        const std::string_view part =
            text.substr(extent.size, end == text.npos ? text.npos : end + 1 - extent.size);
        if (quotes_ && part.find('"') != part.npos && std::count(part.begin(), part.end(), '"') % 2 == 1)
            quoted = !quoted;
        extent.size += part.size();
        extent.open_quote = quoted;
        if (!quoted || end == text.npos || extent.size > most_line) return extent;
        ++extent.lines;
    }
}

void MetadataFile::take_apart(std::string_view text, Pieces& pieces) const {
    std::size_t count = 0;
    const auto piece = [&]() -> std::string& {
        if (count == pieces.size()) pieces.emplace_back();
        return pieces[count++];
    };
    text = text.substr(0, text.find_last_not_of("\r\n") + 1);
    if (separator_ == ' ') text = trimmed(text);
    for (std::size_t at = 0; at <= text.size();) {
        std::size_t end;
        if (separator_ == ' ' && at < text.size() && text[at] == ' ') {
            ++at;
            continue;
        }
        if (quotes_ && at < text.size() && text[at] == '"') {
            std::string& value = piece();
            value.clear();
            for (++at; at < text.size(); ++at) {
                if (text[at] != '"') {
                    value += text[at];
                } else if (at + 1 < text.size() && text[at + 1] == '"') {
                    value += text[++at];
                } else {
                    break;
                }
            }
            end = std::min(text.find(separator_, at), text.size());
        } else {
            end = std::min(text.find(separator_, at), text.size());
            piece().assign(trimmed(text.substr(at, end - at)));
        }
        at = end + 1;
    }
    pieces.resize(count);
}

void MetadataFile::find_form(const std::string& rating) {
    fill();
    if (std::string_view(buffer_.data(), end_).starts_with(byte_order_mark))
        begin_ = place_ = byte_order_mark.size();
    std::string_view text(buffer_.data() + begin_, end_ - begin_);
    if (trimmed(text).empty()) refuse(path_, "an empty file");
    const std::string_view first = text.substr(0, std::min(text.find('\n'), most_line));
    separator_ = ' ';
    for (const char candidate : {',', '\t', ';'}) {
        if (first.find(candidate) == first.npos) continue;
        separator_ = candidate;
        break;
    }
    take_apart(first, pieces_);
    double ignored = 0;
    if (is_number(pieces_.front(), ignored)) {
        for (std::size_t i = 0; i < bare_order.size(); ++i)
            columns_[static_cast<std::size_t>(bare_order[i])] = i;
        pieces_wanted_ = bare_order.size();
    } else {
        quotes_ = true;
        const Extent extent = extent_of(text);
        take_apart(text.substr(0, extent.size), pieces_);
        find_columns(pieces_, rating);
        begin_ += extent.size;
        place_ += extent.size;
        lines_ = static_cast<std::int64_t>(extent.lines);
    }
    if (!has(Field::id) && !has(Field::path)) need(Field::id);
    for (const Field field : wanted_) {
        if (field == Field::rating && !has(field))
            refuse(path_, "no column \"" + rating + "\" to take the score from");
        need(field);
    }
}

void MetadataFile::find_columns(const Pieces& header, const std::string& rating) {
    pieces_wanted_ = header.size();
    for (std::size_t i = 0; i < header.size(); ++i) {
        const std::string name = lower(trimmed(header[i]));
        for (std::size_t field = 0; field < field_count; ++field) {
            const auto& names = column_names[field];
            if (!columns_[field] && std::find(names.begin(), names.end(), name) != names.end())
                columns_[field] = i;
        }
        if (!rating.empty() && name == lower(rating)) columns_[static_cast<std::size_t>(Field::rating)] = i;
    }
}

void MetadataFile::need(Field field) const {
    if (!has(field))
        refuse(
            path_,
            fmt::format("no column \"{}\" in its first line; wanted is a header, or bare lines \"id, stars, "
                        "views, width, height, upload time\"",
                        name_of(field)));
}

/// Fills `line`; what is wrong with it, or nothing.
std::string MetadataFile::interpret(std::string_view text, Pieces& pieces, PhotoLine& line) const {
    take_apart(text, pieces);
    if (pieces.size() != pieces_wanted_)
        return fmt::format("{} fields, where {} are wanted", pieces.size(), pieces_wanted_);
    const auto text_of = [&](Field field, std::string& to) {
        const auto& column = columns_[static_cast<std::size_t>(field)];
        if (column) to.assign(trimmed(pieces[*column]));
    };
    text_of(Field::id, line.id);
    text_of(Field::path, line.path);
    text_of(Field::owner, line.owner);
    if (!has(Field::id)) line.id = line.path;
    if (line.id.empty()) return "no id";
    if (has(Field::path) && line.path.empty()) return "no path";
    if (!is_one_line(line.id) || !is_one_line(line.path)) return "a name with control characters";
    for (const Field field : wanted_) {
        const std::string& digits = pieces[*columns_[static_cast<std::size_t>(field)]];
        double& value = line.numbers[static_cast<std::size_t>(field)];
        if (!is_number(digits, value))
            return fmt::format("{} \"{}\" is no number", name_of(field), digits.substr(0, 40));
        // Beyond the year 9999 lie times in milliseconds.
        constexpr double latest = 253402300799;
        if ((value < 0 && field != Field::rating) || (value > latest && field == Field::time))
            return fmt::format("{} of {}", name_of(field), digits);
    }
    return "";
}

/// Passes over the rest of a line, however long.
void MetadataFile::skip_line() {
    for (;;) {
        const std::string_view text(buffer_.data() + begin_, end_ - begin_);
        const std::size_t end = text.find('\n');
        const std::size_t size = end == text.npos ? text.size() : end + 1;
        begin_ += size;
        place_ += size;
        if (end != text.npos || !fill()) return;
    }
}

bool MetadataFile::next(PhotoLine& line, const Malformed& malformed) {
    for (;;) {
        std::string_view text(buffer_.data() + begin_, end_ - begin_);
        Extent extent = extent_of(text.substr(0, most_line + 1));
        const bool whole = extent.size > 0 && text[extent.size - 1] == '\n' && !extent.open_quote;
        if (!whole && extent.size <= most_line && fill()) continue;
        if (text.empty()) return false;
        const bool too_long = !whole && extent.size > most_line;
        if (extent.open_quote || too_long) {
            // Only its first line is given up, so that one stray quote does not swallow the rest.
            skip_line();
            malformed(++lines_,
                      too_long ? fmt::format("longer than {} bytes", most_line) : "quotes that do not end");
            continue;
        }
        const std::string_view own = text.substr(0, extent.size);
        line.place = place_;
        const std::int64_t number = lines_ + 1;
        begin_ += extent.size;
        place_ += extent.size;
        lines_ += static_cast<std::int64_t>(extent.lines);
        if (own.find_first_not_of(" \t\r\n") == own.npos) continue;
        const std::string wrong = interpret(own, pieces_, line);
        if (wrong.empty()) return true;
        malformed(number, wrong);
    }
}

PhotoLine MetadataFile::at(std::uint64_t place) const {
    PhotoLine line;
    line.place = place;
    Pieces pieces;
    std::string text;
    for (std::size_t size = 512; size <= 2 * most_line; size = size == 512 ? 2 * most_line : 4 * most_line) {
        text.resize(size);
        const std::size_t got = read_at(place, text.data(), size);
        const Extent extent = extent_of(std::string_view(text).substr(0, got));
        const bool whole =
            got < size || (extent.size > 0 && text[extent.size - 1] == '\n' && !extent.open_quote);
        if (!whole) continue;
        const std::string wrong = interpret(std::string_view(text).substr(0, extent.size), pieces, line);
        if (wrong.empty()) return line;
        break;
    }
    refuse(path_, "changed while it was read");
}

}  // namespace emulsion::apps
