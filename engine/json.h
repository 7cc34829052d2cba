// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// JSON (RFC 8259), small and bounded: the header of a safetensors file and the net within it. Strict on
// purpose: a file that two readers could understand differently is refused.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace emulsion::json {

class Value;
using Array = std::vector<Value>;
using Object = std::vector<std::pair<std::string, Value>>;  ///< in the order of the text; keys differ

/// What parse() accepts at most. A value takes some 20 times the memory of its shortest text, so that
/// limiting the text alone would not limit memory.
inline constexpr int max_depth = 64;
inline constexpr std::size_t max_values = std::size_t{1} << 20;

/// One JSON value. A number written without fraction and exponent is an integer, any other (and -0) is
/// real; write() and parse() keep the two apart.
class Value {
   public:
    Value() = default;  ///< null
    Value(std::same_as<bool> auto flag) : value_(flag) {}
    Value(std::signed_integral auto number) : value_(std::int64_t{number}) {}
    Value(double number) : value_(number) {}
    Value(const char* text) : value_(std::string(text)) {}
    Value(std::string text) : value_(std::move(text)) {}
    Value(Array array) : value_(std::move(array)) {}
    Value(Object object) : value_(std::move(object)) {}

    /// What it holds if it is a T (bool, std::int64_t, double, std::string, Array, Object), else null.
    template <class T>
    const T* get() const {
        return std::get_if<T>(&value_);
    }
    bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
    /// The member of that name; null if there is none or this is no object.
    const Value* find(std::string_view key) const;
    /// For messages: "an integer", "text", "a list", ...
    const char* kind() const;

    bool operator==(const Value&) const = default;

   private:
    std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_;
};

/// Reads one value that fills `text`. Throws Error(data) "<where>: line L, column C: what" if the text
/// is longer than `limit` bytes, breaks a limit above or is not strict JSON: among the refused are
/// duplicate keys, invalid UTF-8, integers beyond 64 bits and reals beyond a double.
Value parse(std::string_view text, const std::string& where, std::size_t limit);

/// The value in one line without spaces. Reals get the fewest characters that read back as the same bits.
/// Throws Error(data) naming the member that is NaN, infinite or not UTF-8.
std::string write(const Value&);

/// Text with U+FFFD in place of each byte that is not UTF-8.
std::string mended(std::string_view text);

/// Text as it can stand in a one-line message: control characters escaped, cut if long.
std::string printable(std::string_view text);

}  // namespace emulsion::json
