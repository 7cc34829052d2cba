// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// CRC-32 eight bytes at a time ("slicing by 8"): table k holds the remainder of a byte followed by k zero
// bytes, so that eight look-ups do not wait for one another.
#include <array>
#include <cstring>

#include "engine/formats/zip.h"

namespace emulsion::formats {
namespace {

constexpr std::size_t slices = 8;
using Tables = std::array<std::array<std::uint32_t, 256>, slices>;

constexpr Tables make_tables() {
    constexpr std::uint32_t polynomial = 0xEDB88320;
    Tables tables{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t remainder = byte;
        for (int bit = 0; bit < 8; ++bit) {
            remainder = remainder >> 1 ^ ((remainder & 1U) != 0 ? polynomial : 0);
        }
        tables[0][byte] = remainder;
    }
    for (std::size_t k = 1; k < slices; ++k) {
        for (std::size_t byte = 0; byte < 256; ++byte) {
            const std::uint32_t before = tables[k - 1][byte];
            tables[k][byte] = before >> 8 ^ tables[0][before & 0xFFU];
        }
    }
    return tables;
}
constexpr Tables tables = make_tables();

}  // namespace

std::uint32_t crc32(std::span<const std::byte> bytes) {
    std::uint32_t crc = ~std::uint32_t{0};
    for (; bytes.size() >= slices; bytes = bytes.subspan(slices)) {
        std::array<std::uint32_t, 2> words;
        std::memcpy(words.data(), bytes.data(), slices);
        words[0] ^= crc;
        crc = 0;
        for (std::size_t i = 0; i < slices; ++i) {
            crc ^= tables[slices - 1 - i][words[i / 4] >> (8 * (i % 4)) & 0xFFU];
        }
    }
    for (const std::byte byte : bytes) {
        crc = crc >> 8 ^ tables[0][(crc ^ std::to_integer<std::uint32_t>(byte)) & 0xFFU];
    }
    return ~crc;
}

}  // namespace emulsion::formats
