// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What stands between the operations of a pickle: numbers, and text behind its length.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string_view>

#include "engine/formats/file_bytes.h"
#include "engine/formats/pickle.h"

namespace emulsion::formats::pickle {

/// Little-endian two's complement of any length, its length first; of no bytes, it is 0.
inline Value take_long_integer(ByteReader& reader) {
    const std::string_view bytes = reader.take_text(reader.take<std::uint8_t>("a length"), "a number");
    if (bytes.size() > sizeof(std::int64_t)) return LargeInteger{bytes};
    const bool negative = !bytes.empty() && static_cast<signed char>(bytes.back()) < 0;
    std::uint64_t number = negative ? ~std::uint64_t{0} : 0;
    for (std::size_t i = bytes.size(); i-- > 0;) number = number << 8 | static_cast<std::uint8_t>(bytes[i]);
    return static_cast<std::int64_t>(number);
}

/// The one number that pickles store with its high byte first.
inline double take_double(ByteReader& reader) {
    std::uint64_t bits = 0;
    for (const std::byte byte : reader.take(sizeof bits, "a number")) {
        bits = bits << 8 | std::to_integer<std::uint64_t>(byte);
    }
    return std::bit_cast<double>(bits);
}

/// Text behind its length, which is a Length.
template <class Length>
std::string_view take_text(ByteReader& reader) {
    const auto length = reader.take<Length>("a length");
    return reader.take_text(length, "text");
}

/// Text up to the end of its line.
inline std::string_view take_line(ByteReader& reader) {
    constexpr std::size_t longest = 1000;
    ByteReader ahead = reader;
    const std::string_view rest = ahead.take_text(std::min(longest, ahead.left()), "a name");
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) reader.fail("a name without an end");
    return reader.take_text(end + 1, "a name").substr(0, end);
}

}  // namespace emulsion::formats::pickle
