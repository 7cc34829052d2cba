// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/serve/multipart.h"

#include <algorithm>

#include "apps/serve/http_types.h"

namespace emulsion::serve {
namespace {

constexpr std::size_t longest_head = 4096;  // of a part
constexpr std::string_view line_end = "\r\n";

[[noreturn]] void fail(const std::string& what) {
    throw Refusal(400, "form", "the form is broken: " + what);
}

/// The parameters of "form-data; name="photo"; filename="a.jpg"", one after another.
class Parameters {
   public:
    explicit Parameters(std::string_view text) : rest_(text) {}

    /// False at the end. Names keep their case, values lose their quotes.
    bool next(std::string_view& name, std::string& value) {
        rest_ = trimmed(rest_);
        if (rest_.empty()) return false;
        if (rest_.front() != ';') fail("a field's parameters");
        rest_ = trimmed(rest_.substr(1));
        if (rest_.empty()) return false;  // "form-data;"
        const std::size_t equals = rest_.find('=');
        if (equals == std::string_view::npos) fail("a parameter without a value");
        name = trimmed(rest_.substr(0, equals));
        rest_.remove_prefix(equals + 1);
        value = rest_.starts_with('"') ? quoted() : token();
        return true;
    }

   private:
    std::string token() {
        const std::size_t end = std::min(rest_.find(';'), rest_.size());
        const std::string value(trimmed(rest_.substr(0, end)));
        rest_.remove_prefix(end);
        return value;
    }

    // Browsers write a quotation mark as %22 and a backslash as itself, curl writes \" and \\.
    std::string quoted() {
        std::string value;
        for (std::size_t i = 1; i < rest_.size(); ++i) {
            const bool escapes =
                rest_[i] == '\\' && i + 1 < rest_.size() && (rest_[i + 1] == '"' || rest_[i + 1] == '\\');
            if (escapes) {
                value += rest_[++i];
            } else if (rest_[i] == '"') {
                rest_.remove_prefix(i + 1);
                return value;
            } else {
                value += rest_[i];
            }
        }
        fail("a quotation mark that is not closed");
    }

    std::string_view rest_;
};

void read_disposition(std::string_view value, Part& part) {
    constexpr std::string_view kind = "form-data";
    if (!same_word(value.substr(0, kind.size()), kind)) fail("a part that is not form-data");
    Parameters parameters(value.substr(kind.size()));
    bool named = false;
    std::string_view name;
    for (std::string text; parameters.next(name, text);) {
        if (same_word(name, "name")) {
            if (named) fail("a part with two names");
            named = true;
            part.field = text;
        } else if (same_word(name, "filename")) {
            if (part.filename) fail("a part with two file names");
            part.filename = text;
        }
    }
    if (!named) fail("a part without a name");
}

void read_field(std::string_view line, Part& part, bool& has_disposition) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) fail("a line in a part's head that is no field");
    const std::string_view name = line.substr(0, colon), value = trimmed(line.substr(colon + 1));
    if (same_word(name, "content-disposition")) {
        if (has_disposition) fail("a part with two dispositions");
        has_disposition = true;
        read_disposition(value, part);
    } else if (same_word(name, "content-type")) {
        if (!part.type.empty()) fail("a part with two types");
        part.type = std::string(value);
    } else if (same_word(name, "content-transfer-encoding") && !same_word(value, "binary") &&
               !same_word(value, "8bit") && !same_word(value, "7bit")) {
        fail("a part in an encoding");
    }
}

/// Reads the head of a part; answers what follows it.
std::string_view read_head(std::string_view text, Part& part) {
    bool has_disposition = false;
    for (std::size_t taken = 0;;) {
        const std::size_t end = text.substr(0, longest_head - taken).find(line_end);
        if (end == std::string_view::npos) fail("a part's head that is too long or does not end");
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end + line_end.size());
        if (line.empty()) break;
        taken += end + line_end.size();
        read_field(line, part, has_disposition);
    }
    if (!has_disposition) fail("a part without a disposition");
    return text;
}

bool can_be_boundary(std::string_view text) {
    constexpr std::string_view marks = "'()+_,-./:=? ";
    return !text.empty() && text.size() <= 70 && text.back() != ' ' && std::ranges::all_of(text, [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               marks.find(c) != std::string_view::npos;
    });
}

}  // namespace

std::optional<std::string> form_boundary(std::string_view content_type) {
    constexpr std::string_view kind = "multipart/form-data";
    if (!same_word(content_type.substr(0, kind.size()), kind)) return std::nullopt;
    std::optional<std::string> boundary;
    Parameters parameters(content_type.substr(kind.size()));
    std::string_view name;
    for (std::string value; parameters.next(name, value);) {
        if (!same_word(name, "boundary")) continue;
        if (boundary) fail("two boundaries");
        boundary = value;
    }
    if (!boundary || !can_be_boundary(*boundary)) fail("no boundary, or one that cannot be");
    return boundary;
}

std::vector<Part> parse_form(std::string_view body, const std::string& boundary, std::size_t most_parts) {
    const std::string delimiter = "\r\n--" + boundary;
    const std::string_view first = std::string_view(delimiter).substr(line_end.size());
    if (!body.starts_with(first)) fail("it does not begin with its boundary");
    std::vector<Part> parts;
    for (std::string_view rest = body.substr(first.size());;) {
        if (rest == "--" || rest == "--\r\n") return parts;
        if (!rest.starts_with(line_end)) fail("a boundary with something behind it");
        if (parts.size() == most_parts)
            throw Refusal(413, "parts", "more than " + std::to_string(most_parts) + " photos in one form");
        Part part;
        rest = read_head(rest.substr(line_end.size()), part);
        const std::size_t end = rest.find(delimiter);
        if (end == std::string_view::npos) fail("it does not end with its boundary");
        part.content = rest.substr(0, end);
        rest.remove_prefix(end + delimiter.size());
        parts.push_back(std::move(part));
    }
}

}  // namespace emulsion::serve
