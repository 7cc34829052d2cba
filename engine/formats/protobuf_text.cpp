// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The text form of protocol buffers, as protobuf's own parser takes it: `name: value`, `name { ... }`,
// `<` and `>` for braces, `[a, b]` for a repeated field, `,` or `;` after a field, `#` to the line's end.
#include <emulsion/error.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "engine/formats/message.h"
#include "engine/formats/place.h"
#include "engine/json.h"

namespace emulsion::formats {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_quote(char c) {
    return c == '"' || c == '\'';
}

/// The value of a digit in bases up to 16; 16 of anything else.
unsigned digit_of(char c) {
    if (is_digit(c)) return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
    return 16;
}

std::string lower(std::string_view word) {
    std::string result(word);
    std::ranges::transform(result, result.begin(), [](unsigned char c) { return std::tolower(c); });
    return result;
}

std::string quoted(std::string_view text) {
    return '\'' + json::printable(text) + '\'';
}

void append_utf8(std::string& out, std::uint32_t code) {
    if (code < 0x80) {
        out += static_cast<char>(code);
        return;
    }
    const int following = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    const std::uint32_t lead = 0xFF00U >> (following + 1) & 0xFFU;  // 110..., 1110..., 11110...
    out += static_cast<char>(lead | code >> (6 * following));
    for (int i = following - 1; i >= 0; --i) out += static_cast<char>(0x80U | (code >> (6 * i) & 0x3FU));
}

class Parser {
   public:
    Parser(std::string_view text, const std::string& where, Unknown& unknown)
        : text_(text), where_(where), unknown_(unknown) {}

    /// The fields of a message up to `closer`, or, if that is NUL, to the end of the file.
    void fields(const Place& place, char closer) {
        check_depth(place.depth);
        const int begin = line_;
        while (!at_end_of_message(closer, begin)) {
            field(place);
            take_separator();
        }
    }

   private:
    [[noreturn]] void fail(const std::string& what) const { fail(what, line_); }

    [[noreturn]] void fail(const std::string& what, int line) const {
        throw Error(Error::Kind::data, where_ + ":" + std::to_string(line) + ": " + what);
    }

    bool at_end() const { return at_ == text_.size(); }
    char peek() const { return at_end() ? '\0' : text_[at_]; }

    void skip_space() {
        for (; !at_end(); ++at_) {
            const char c = text_[at_];
            if (c == '#') at_ = std::min(text_.find('\n', at_), text_.size());
            if (at_end()) return;
            if (text_[at_] == '\n')
                ++line_;
            else if (std::string_view(" \t\r\v\f").find(text_[at_]) == std::string_view::npos)
                return;
        }
    }

    /// Skips space, and the character if it is there.
    bool take(char c) {
        skip_space();
        if (at_end() || text_[at_] != c) return false;
        ++at_;
        return true;
    }

    void expect(char c) {
        if (!take(c)) fail(std::string("expected '") + c + "' " + found());
    }

    std::string found() const {
        if (at_end()) return "and the file ends";
        return "and found " + quoted(text_.substr(at_, 1));
    }

    void take_separator() {
        if (!take(';')) take(',');
    }

    bool at_end_of_message(char closer, int begin) {
        skip_space();
        if (at_end() && closer != '\0')
            fail("the file ends within the message that begins in line " + std::to_string(begin));
        if (at_end()) return true;
        return closer != '\0' && take(closer);
    }

    void check_depth(int depth) const {
        if (depth > max_nesting) fail("messages nested deeper than " + std::to_string(max_nesting));
    }

    void count_value() {
        if (++values_ > max_values) fail("more than " + std::to_string(max_values) + " values");
    }

    std::string_view identifier() {
        skip_space();
        const std::size_t start = at_;
        if (!is_letter(peek())) fail("expected a name " + found());
        while (is_letter(peek()) || is_digit(peek())) ++at_;
        return text_.substr(start, at_ - start);
    }

    /// The name of an extension, which is nothing that any table here knows.
    std::string_view bracketed() {
        const std::size_t start = at_, end = text_.find_first_of("]\n", at_);
        if (end == std::string_view::npos || text_[end] == '\n') fail("expected ']' in this line");
        at_ = end + 1;
        return text_.substr(start, at_ - start);
    }

    void field(const Place& place) {
        const int line = line_;
        const std::string_view name = peek() == '[' ? bracketed() : identifier();
        const FieldType* type = place.message.type().find(name);
        if (type == nullptr) {
            skip_field(place.depth);
            note_unknown(unknown_, place, json::printable(name), "line " + std::to_string(line));
            return;
        }
        if (!type->repeated && place.message.has(*type)) fail(std::string(name) + " stands twice", line);
        const bool colon = take(':');
        if (!colon && type->kind != FieldKind::message)
            fail("expected ':' after " + std::string(name) + ' ' + found());
        if (!type->repeated || !take('[')) return value(place, *type);
        if (take(']')) return;
        do value(place, *type);
        while (take(','));
        expect(']');
    }

    void value(const Place& place, const FieldType& type) {
        skip_space();
        count_value();
        if (type.kind == FieldKind::message) {
            const char closer = opened();
            const Place inner = place.within(type);
            inner.message.line = line_;
            return fields(inner, closer);
        }
        FieldValue parsed;
        parsed.type = &type;
        parsed.line = line_;
        switch (type.kind) {
            case FieldKind::int64:
                parsed.integer = signed_integer();
                break;
            case FieldKind::uint64:
                parsed.integer = unsigned_integer();
                break;
            case FieldKind::boolean:
                parsed.integer = boolean(type) ? 1 : 0;
                break;
            case FieldKind::choice:
                parsed.integer = choice(type);
                break;
            case FieldKind::float32:
            case FieldKind::float64:
                parsed.real = real(type.kind);
                break;
            default:
                parsed.text = place.message.keep(string());
        }
        place.message.add(type) = std::move(parsed);
    }

    /// Takes the brace that opens a message; the one that will close it.
    char opened() {
        if (take('{')) return '}';
        if (take('<')) return '>';
        fail("expected '{' " + found());
    }

    /// A number without its sign, or a word, up to where neither can go on: whatever stands there has to
    /// make sense as a whole.
    std::string_view word() {
        skip_space();
        const std::size_t start = at_;
        const auto exponent = [&] {
            return (peek() == '+' || peek() == '-') && digit_of(text_[at_ - 1]) == 14 &&
                   is_digit(text_[start]);
        };
        while (is_letter(peek()) || is_digit(peek()) || peek() == '.' || (at_ > start && exponent())) ++at_;
        if (at_ == start) fail("expected a value " + found());
        return text_.substr(start, at_ - start);
    }

    std::uint64_t magnitude(std::string_view digits) {
        std::string_view rest = digits;
        int base = 10;
        if (rest.size() > 1 && rest[0] == '0') {
            base = lower(rest).starts_with("0x") ? 16 : 8;
            rest.remove_prefix(base == 16 ? 2 : 1);
        }
        std::uint64_t value = 0;
        const char* end = rest.data() + rest.size();
        const auto [stop, error] = std::from_chars(rest.data(), end, value, base);
        if (error == std::errc::result_out_of_range) fail(quoted(digits) + " is out of range");
        if (error != std::errc{} || stop != end) fail(quoted(digits) + " is not an integer");
        return value;
    }

    std::int64_t signed_integer() {
        constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
        const bool negative = take('-');
        const std::string_view digits = word();
        const std::uint64_t value = magnitude(digits);
        if (value > largest + (negative ? 1 : 0)) fail(quoted(digits) + " is out of range");
        return static_cast<std::int64_t>(negative ? 0 - value : value);
    }

    std::int64_t unsigned_integer() {
        if (take('-')) fail("a negative number where none can be");
        return static_cast<std::int64_t>(magnitude(word()));
    }

    bool boolean(const FieldType& type) {
        const std::string_view given = word();
        for (const char* yes : {"true", "True", "t", "1"})
            if (given == yes) return true;
        for (const char* no : {"false", "False", "f", "0"})
            if (given == no) return false;
        fail(std::string(type.name) + " is " + quoted(given) + "; it must be true or false");
    }

    std::int64_t choice(const FieldType& type) {
        skip_space();
        const bool numeric = is_digit(peek()) || peek() == '-';
        const std::size_t start = at_;
        const std::int64_t number = numeric ? signed_integer() : 0;
        const std::string_view given = numeric ? text_.substr(start, at_ - start) : word();
        std::string known;
        for (const Choice& each : type.choices) {
            if (numeric ? number == each.number : given == each.name) return each.number;
            known += (known.empty() ? "" : ", ") + std::string(each.name);
        }
        fail(std::string(type.name) + " is " + quoted(given) + "; it must be one of: " + known);
    }

    double real(FieldKind kind) {
        const double sign = take('-') ? -1 : 1;
        const std::string_view given = word();
        const std::string name = lower(given);
        if (name == "inf" || name == "infinity") return sign * std::numeric_limits<double>::infinity();
        if (name == "nan") return std::numeric_limits<double>::quiet_NaN();
        std::string_view digits = given;
        if (digits.size() > 1 && name.back() == 'f') digits.remove_suffix(1);
        const bool octal = digits.size() > 1 && digits[0] == '0' && is_digit(digits[1]);
        double value = 0;
        const char* end = digits.data() + digits.size();
        const auto [stop, error] = std::from_chars(digits.data(), end, value);
        const bool too_large = kind == FieldKind::float32 && std::isinf(to_float(value));
        if (error == std::errc::result_out_of_range || too_large) fail(quoted(given) + " is out of range");
        if (error != std::errc{} || stop != end || octal || is_letter(digits[0]))
            fail(quoted(given) + " is not a number");
        return sign * value;
    }

    /// Adjacent strings are one.
    std::string string() {
        skip_space();
        if (!is_quote(peek())) fail("expected a string in quotes " + found());
        std::string text;
        for (; is_quote(peek()); skip_space()) append_string(text);
        return text;
    }

    void append_string(std::string& text) {
        const char quote = text_[at_++];
        for (; peek() != quote || at_end(); ++at_) {
            if (at_end() || peek() == '\n') fail("a string does not end in its line");
            if (peek() == '\\')
                append_escaped(text);
            else
                text += peek();
        }
        ++at_;
    }

    /// The character that an escape stands for; stays on the escape's last character.
    void append_escaped(std::string& text) {
        constexpr std::string_view letters = "abfnrtv\\'\"?", meanings = "\a\b\f\n\r\t\v\\'\"?";
        ++at_;
        const char c = peek();
        if (const auto which = letters.find(c); which != std::string_view::npos && !at_end()) {
            text += meanings[which];
        } else if (digit_of(c) < 8) {
            text += static_cast<char>(escaped_number(8, 1, 3));
        } else if (c == 'x' || c == 'X') {
            ++at_;
            text += static_cast<char>(escaped_number(16, 1, 2));
        } else if (c == 'u' || c == 'U') {
            ++at_;
            const int digits = c == 'u' ? 4 : 8;
            const std::uint32_t code = escaped_number(16, digits, digits);
            if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) fail("an escape that is no character");
            append_utf8(text, code);
        } else {
            fail("an unknown escape within a string");
        }
    }

    std::uint32_t escaped_number(unsigned base, int fewest, int most) {
        std::uint32_t value = 0;
        int count = 0;
        for (; count < most && digit_of(peek()) < base; ++count, ++at_)
            value = value * base + digit_of(peek());
        if (count < fewest) fail("an escape with too few digits");
        --at_;
        return value;
    }

    /// What follows the name of a field that nobody knows.
    void skip_field(int depth) {
        const bool colon = take(':');
        skip_space();
        if (!colon && peek() != '{' && peek() != '<') fail("expected ':' or '{' " + found());
        skip_value(depth);
    }

    void skip_value(int depth) {
        count_value();
        check_depth(depth + 1);
        skip_space();
        if (peek() == '{' || peek() == '<') return skip_message(depth + 1);
        if (is_quote(peek())) return static_cast<void>(string());
        if (!take('[')) {
            take('-');
            word();
        } else if (!take(']')) {
            do skip_value(depth + 1);
            while (take(','));
            expect(']');
        }
    }

    void skip_message(int depth) {
        const int begin = line_;
        const char closer = opened();
        while (!at_end_of_message(closer, begin)) {
            peek() == '[' ? bracketed() : identifier();
            skip_field(depth);
            take_separator();
        }
    }

    std::string_view text_;
    const std::string& where_;
    Unknown& unknown_;
    std::size_t at_ = 0, values_ = 0;
    int line_ = 1;
};

}  // namespace

Message read_text(std::string_view text, const MessageType& type, const std::string& where,
                  Unknown& unknown) {
    Message message(type);
    message.line = 1;
    Parser(text, where, unknown).fields({message}, '\0');
    return message;
}

}  // namespace emulsion::formats
