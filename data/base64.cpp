// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "data/base64.h"

#include <algorithm>

namespace emulsion {

std::string base64(std::span<const std::byte> bytes) {
    constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    while (!bytes.empty()) {
        const std::size_t taken = std::min<std::size_t>(bytes.size(), 3);
        unsigned group = 0;
        for (std::size_t i = 0; i < 3; ++i)
            group = group << 8 | (i < taken ? std::to_integer<unsigned>(bytes[i]) : 0U);
        for (std::size_t i = 0; i < 4; ++i) text += i <= taken ? digits[group >> (18 - 6 * i) & 63] : '=';
        bytes = bytes.subspan(taken);
    }
    return text;
}

std::string data_uri(const std::string& media_type, std::span<const std::byte> bytes) {
    return "data:" + media_type + ";base64," + base64(bytes);
}

}  // namespace emulsion
