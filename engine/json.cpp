// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/json.h"

#include <emulsion/error.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>

namespace emulsion::json {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Bytes of the well-formed UTF-8 sequence at `at` (Unicode, table 3-7); 0 if it is not well-formed.
std::size_t utf8_length(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) {
        return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
    };
    const auto continues = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    const unsigned lead = byte(0), second = byte(1);
    if (lead < 0x80) return 1;
    if (lead < 0xC2 || lead > 0xF4 || !continues(1)) return 0;
    if (lead < 0xE0) return 2;
    if (!continues(2)) return 0;
    if (lead < 0xF0) {
        const bool overlong = lead == 0xE0 && second < 0xA0, surrogate = lead == 0xED && second > 0x9F;
        return overlong || surrogate ? 0 : 3;
    }
    const bool overlong = lead == 0xF0 && second < 0x90, beyond = lead == 0xF4 && second > 0x8F;
    return overlong || beyond || !continues(3) ? 0 : 4;
}

void append_utf8(std::string& out, std::uint32_t code) {
    const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
    const auto put_low = [&](int shift) { put(0x80U | ((code >> shift) & 0x3FU)); };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xC0U | (code >> 6));
        put_low(0);
    } else if (code < 0x10000) {
        put(0xE0U | (code >> 12));
        put_low(6);
        put_low(0);
    } else {
        put(0xF0U | (code >> 18));
        put_low(12);
        put_low(6);
        put_low(0);
    }
}

void append_escape(std::string& out, unsigned code) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += "\\u00";
    out += digits[code >> 4];
    out += digits[code & 15U];
}

/// Appends the character at `at`, `length` bytes long, as it stands inside a JSON string. DEL and the
/// C1 controls need no escape in JSON but get one: such text ends up on terminals.
void append_character(std::string& out, std::string_view text, std::size_t at, std::size_t length) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte == '"' || byte == '\\') {
        out += '\\';
        out += text[at];
    } else if (byte == '\n') {
        out += "\\n";
    } else if (byte == '\t') {
        out += "\\t";
    } else if (byte < 0x20 || byte == 0x7F) {
        append_escape(out, byte);
    } else if (length == 2 && byte == 0xC2 && static_cast<unsigned char>(text[at + 1]) < 0xA0) {
        append_escape(out, static_cast<unsigned char>(text[at + 1]));
    } else {
        out += text.substr(at, length);
    }
}

class Parser {
   public:
    Parser(std::string_view text, const std::string& where) : text_(text), where_(where) {}

    Value document() {
        Value result = value(0);
        skip_space();
        if (at_ != text_.size()) fail("something follows the end of the value");
        return result;
    }

   private:
    [[noreturn]] void fail(const std::string& what) const { fail(what, at_); }

    [[noreturn]] void fail(const std::string& what, std::size_t at) const {
        std::size_t line = 1, column = 1;
        for (const char c : text_.substr(0, at)) {
            const bool continues = (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
            column = c == '\n' ? 1 : column + (continues ? 0 : 1);
            line += c == '\n' ? 1 : 0;
        }
        throw Error(Error::Kind::data, where_ + ": line " + std::to_string(line) + ", column " +
                                           std::to_string(column) + ": " + what);
    }

    /// The next byte, or NUL at the end (a NUL in the text is nowhere allowed either).
    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

    bool take(char c) {
        if (peek() != c || at_ == text_.size()) return false;
        ++at_;
        return true;
    }

    void skip_space() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }

    Value value(int depth) {
        skip_space();
        if (++values_ > max_values) fail("more than " + std::to_string(max_values) + " values");
        const char c = peek();
        if (c == '{' || c == '[') {
            if (depth == max_depth) fail("nested deeper than " + std::to_string(max_depth));
            ++at_;
            return c == '{' ? Value(object(depth + 1)) : Value(array(depth + 1));
        }
        if (c == '"') return string();
        if (c == '-' || is_digit(c)) return number();
        if (take_word("true")) return true;
        if (take_word("false")) return false;
        if (take_word("null")) return {};
        fail(at_ == text_.size() ? "the text ends where a value should be" : "expected a value");
    }

    bool take_word(std::string_view word) {
        if (!text_.substr(at_).starts_with(word)) return false;
        at_ += word.size();
        return true;
    }

    Array array(int depth) {
        Array result;
        skip_space();
        if (take(']')) return result;
        do {
            result.push_back(value(depth));
            skip_space();
        } while (take(','));
        if (!take(']')) fail("expected ',' or ']'");
        return result;
    }

    Object object(int depth) {
        Object result;
        std::set<std::string> seen;
        skip_space();
        if (take('}')) return result;
        do {
            skip_space();
            const std::size_t start = at_;
            if (peek() != '"') fail("expected a key in quotes");
            std::string key = string();
            if (!seen.insert(key).second) fail("key \"" + printable(key) + "\" stands twice", start);
            skip_space();
            if (!take(':')) fail("expected ':'");
            result.emplace_back(std::move(key), value(depth));
            skip_space();
        } while (take(','));
        if (!take('}')) fail("expected ',' or '}'");
        return result;
    }

    std::string string() {
        std::string result;
        ++at_;
        while (!take('"')) {
            if (at_ == text_.size()) fail("the text ends within a string");
            if (take('\\')) {
                append_utf8(result, escape());
                continue;
            }
            if (static_cast<unsigned char>(peek()) < 0x20) fail("a control character within a string");
            const std::size_t length = utf8_length(text_, at_);
            if (length == 0) fail("invalid UTF-8");
            result += text_.substr(at_, length);
            at_ += length;
        }
        return result;
    }

    /// The character that an escape stands for, the backslash being read.
    std::uint32_t escape() {
        constexpr std::string_view letters = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
        if (take('u')) {
            const std::size_t start = at_ - 2;
            const std::uint32_t code = hex4();
            if (code < 0xD800 || code > 0xDFFF) return code;
            if (code > 0xDBFF || !take_word("\\u")) fail("half a surrogate pair", start);
            const std::uint32_t low = hex4();
            if (low < 0xDC00 || low > 0xDFFF) fail("half a surrogate pair", start);
            return 0x10000U + ((code - 0xD800U) << 10) + (low - 0xDC00U);
        }
        const std::size_t which = letters.find(peek());
        if (which == std::string_view::npos) fail("an unknown escape within a string");
        ++at_;
        return static_cast<unsigned char>(meanings[which]);
    }

    std::uint32_t hex4() {
        std::uint32_t code = 0;
        const std::string_view digits = text_.substr(at_, 4);
        const auto end = digits.data() + digits.size();
        const auto [stop, error] = std::from_chars(digits.data(), end, code, 16);
        if (error != std::errc{} || stop != end || digits.size() != 4) fail("expected four hex digits");
        at_ += 4;
        return code;
    }

    void digits() {
        if (!is_digit(peek())) fail("expected a digit");
        while (is_digit(peek())) ++at_;
    }

    Value number() {
        const std::size_t start = at_;
        take('-');
        if (!take('0')) digits();
        const std::size_t integer_end = at_;
        if (take('.')) digits();
        if (take('e') || take('E')) {
            if (!take('+')) take('-');
            digits();
        }
        const std::string_view whole = text_.substr(start, at_ - start);
        if (at_ == integer_end && whole != "-0") {  // an integer would lose the sign
            return converted<std::int64_t>(whole, "an integer beyond 64 bits");
        }
        return converted<double>(whole, "a number beyond the range of a double");
    }

    /// The number that `digits`, just read, stand for.
    template <class T>
    T converted(std::string_view digits, const char* refusal) const {
        T number{};
        const auto error = std::from_chars(digits.data(), digits.data() + digits.size(), number).ec;
        if (error != std::errc{}) fail(refusal, at_ - digits.size());
        return number;
    }

    std::string_view text_;
    const std::string& where_;
    std::size_t at_ = 0, values_ = 0;
};

class Writer {
   public:
    std::string document(const Value& root) {
        value(root);
        return std::move(out_);
    }

   private:
    [[noreturn]] void fail(const char* what) const {
        const std::string name = path_.empty() ? "the value" : path_.substr(path_[0] == '.' ? 1 : 0);
        throw Error(Error::Kind::data, name + " " + what + ", which JSON cannot hold");
    }

    void value(const Value& v) {
        if (v.is_null()) out_ += "null";
        if (const auto* flag = v.get<bool>()) out_ += *flag ? "true" : "false";
        if (const auto* number = v.get<std::int64_t>()) out_ += std::to_string(*number);
        if (const auto* number = v.get<double>()) real(*number);
        if (const auto* text = v.get<std::string>()) string(*text);
        if (const auto* items = v.get<Array>()) array(*items);
        if (const auto* members = v.get<Object>()) object(*members);
    }

    void real(double number) {
        if (!std::isfinite(number)) fail("is NaN or infinite");
        std::array<char, 32> buffer{};
        const char* end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
        const std::string_view digits(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
        out_ += digits;
        if (digits.find_first_of(".e") == std::string_view::npos) out_ += ".0";  // else read as integer
    }

    void string(const std::string& text) {
        out_ += '"';
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t length = utf8_length(text, at);
            if (length == 0) fail("is not UTF-8");
            append_character(out_, text, at, length);
            at += length;
        }
        out_ += '"';
    }

    void array(const Array& items) {
        const std::size_t depth = path_.size();
        out_ += '[';
        for (std::size_t i = 0; i < items.size(); ++i) {
            if (i != 0) out_ += ',';
            path_ += '[' + std::to_string(i) + ']';
            value(items[i]);
            path_.resize(depth);
        }
        out_ += ']';
    }

    void object(const Object& members) {
        const std::size_t depth = path_.size();
        out_ += '{';
        bool first = true;
        for (const auto& [key, member] : members) {
            if (!std::exchange(first, false)) out_ += ',';
            path_ += '.' + printable(key);
            string(key);
            out_ += ':';
            value(member);
            path_.resize(depth);
        }
        out_ += '}';
    }

    std::string out_;
    std::string path_;  ///< of the value being written, as in ".layers[3].name"
};

}  // namespace

const Value* Value::find(std::string_view key) const {
    const auto* members = get<Object>();
    if (members == nullptr) return nullptr;
    for (const auto& [name, member] : *members) {
        if (name == key) return &member;
    }
    return nullptr;
}

const char* Value::kind() const {
    constexpr std::array kinds = {"null", "true or false", "an integer", "a real number",
                                  "text", "a list",        "an object"};
    return kinds[value_.index()];
}

Value parse(std::string_view text, const std::string& where, std::size_t limit) {
    if (text.size() > limit) {
        throw Error(Error::Kind::data, where + ": " + std::to_string(text.size()) +
                                           " bytes of JSON, more than the limit of " + std::to_string(limit));
    }
    return Parser(text, where).document();
}

std::string write(const Value& value) {
    return Writer().document(value);
}

std::string mended(std::string_view text) {
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = utf8_length(text, at);
        result += length == 0 ? "\uFFFD" : text.substr(at, length);
        at += std::max<std::size_t>(length, 1);
    }
    return result;
}

std::string printable(std::string_view text) {
    constexpr std::size_t longest = 80;
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        if (result.size() >= longest) return result + "...";
        const std::size_t length = utf8_length(text, at);
        if (length == 0) {
            append_escape(result, static_cast<unsigned char>(text[at]));
        } else {
            append_character(result, text, at, length);
        }
        at += std::max<std::size_t>(length, 1);
    }
    return result;
}

}  // namespace emulsion::json
