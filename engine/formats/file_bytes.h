// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The bytes of a binary file, and little-endian numbers out of them, front to back.
#pragma once

#include <emulsion/error.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "engine/files.h"

namespace emulsion::formats {

static_assert(std::endian::native == std::endian::little, "numbers are copied out of files as they lie");

/// A file's bytes, wherever they lie, and its name for messages. `owner` keeps the bytes alive.
struct FileBytes {
    std::string path;
    std::span<const std::byte> bytes;
    std::shared_ptr<const void> owner;
};

/// Error(data) if the file cannot be read or is empty.
inline FileBytes map_file(const std::string& path) {
    auto file = std::make_shared<const MappedFile>(path);
    return {path, file->bytes(), file};
}

/// Walks through bytes. Whatever would lie beyond their end is Error(data) "WHERE: byte N: cut short in
/// WHAT".
class ByteReader {
   public:
    ByteReader(std::span<const std::byte> bytes, std::string where, std::size_t at = 0)
        : bytes_(bytes), where_(std::move(where)), at_(at) {
        if (at > bytes.size()) fail("beyond the end of the file");
    }

    std::size_t at() const { return at_; }
    std::size_t left() const { return bytes_.size() - at_; }
    const std::string& where() const { return where_; }

    std::span<const std::byte> take(std::uint64_t count, std::string_view what) {
        if (count > left()) {
            fail("cut short in " + std::string(what) + ", which takes " + std::to_string(count) +
                 " bytes where " + std::to_string(left()) + " are left");
        }
        at_ += static_cast<std::size_t>(count);
        return bytes_.subspan(at_ - static_cast<std::size_t>(count), static_cast<std::size_t>(count));
    }

    std::string_view take_text(std::uint64_t count, std::string_view what) {
        const auto text = take(count, what);
        return {reinterpret_cast<const char*>(text.data()), text.size()};
    }

    template <class Number>
    Number take(std::string_view what) {
        static_assert(std::is_arithmetic_v<Number>);
        Number number;
        std::memcpy(&number, take(sizeof number, what).data(), sizeof number);
        return number;
    }

    [[noreturn]] void fail(const std::string& what) const {
        throw Error(Error::Kind::data, where_ + ": byte " + std::to_string(at_) + ": " + what);
    }

   private:
    std::span<const std::byte> bytes_;
    std::string where_;
    std::size_t at_;
};

}  // namespace emulsion::formats
