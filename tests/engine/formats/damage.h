// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What the tests of readers share: files of the fuzzers' corpus, and ways to spoil them. Bytes are handed
// over in a block of exactly their size, so that AddressSanitizer sees a reader that goes too far.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "engine/formats/file_bytes.h"
#include "tests/engine/support.h"

namespace emulsion::test {

inline std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

inline std::string text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A file named "F" that holds a copy of `text`.
inline formats::FileBytes file_of(std::string_view text) {
    const auto block = std::make_shared<std::byte[]>(text.size());
    std::copy_n(bytes_of(text).data(), text.size(), block.get());
    return {"F", {block.get(), text.size()}, block};
}

inline std::string corpus_file(const std::string& name) {
    return contents(std::string(EMULSION_SOURCE_DIR) + "/tests/fuzz/corpus/" + name);
}

template <class Call>
void for_every_flipped_bit(const std::string& text, Call&& call) {
    std::string flipped = text;
    for (std::size_t i = 0; i < 8 * text.size(); ++i) {
        const auto bit = static_cast<unsigned char>(1U << i % 8);
        flipped[i / 8] = static_cast<char>(static_cast<unsigned char>(flipped[i / 8]) ^ bit);
        call(flipped);
        flipped[i / 8] = text[i / 8];
    }
}

}  // namespace emulsion::test
