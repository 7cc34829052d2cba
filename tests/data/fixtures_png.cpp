// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "tests/data/fixtures.h"

namespace emulsion::tests {
namespace {

/// CRC-32 as PNG wants it, a bit at a time.
std::uint32_t checksum(std::span<const std::byte> bytes) {
    std::uint32_t crc = 0xFFFFFFFF;
    for (const std::byte b : bytes) {
        crc ^= std::to_integer<std::uint32_t>(b);
        for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
    }
    return ~crc;
}

std::uint32_t adler(std::span<const std::byte> bytes) {
    std::uint32_t a = 1, b = 0;
    for (const std::byte value : bytes) {
        a = (a + std::to_integer<std::uint32_t>(value)) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

/// Writes bits as deflate orders them: from the lowest up.
class BitWriter {
   public:
    explicit BitWriter(Bytes& to) : to_(to) {}
    void number(unsigned value, int bits) {
        for (int i = 0; i < bits; ++i) bit(value >> i & 1);
    }
    void huffman(unsigned code, int bits) {  // these alone come highest bit first
        for (int i = bits - 1; i >= 0; --i) bit(code >> i & 1);
    }
    void finish() {
        while (filled_ != 0) bit(0);
    }

   private:
    void bit(unsigned value) {
        current_ |= value << filled_;
        if (++filled_ < 8) return;
        to_.push_back(static_cast<std::byte>(current_));
        current_ = 0;
        filled_ = 0;
    }

    Bytes& to_;
    unsigned current_ = 0;
    int filled_ = 0;
};

}  // namespace

Bytes png_chunk(const std::string& type, std::span<const std::byte> content) {
    Bytes named;
    append(named, type);
    named.insert(named.end(), content.begin(), content.end());
    Bytes chunk;
    append_big_endian(chunk, static_cast<std::uint32_t>(content.size()), 4);
    chunk.insert(chunk.end(), named.begin(), named.end());
    append_big_endian(chunk, checksum(named), 4);
    return chunk;
}

Bytes zlib_stored(std::span<const std::byte> bytes) {
    Bytes out;
    append_big_endian(out, 0x7801, 2);
    std::span<const std::byte> left = bytes;
    do {
        const std::size_t n = std::min<std::size_t>(left.size(), 65535);
        append_little_endian(out, n == left.size() ? 1 : 0, 1);
        append_little_endian(out, static_cast<std::uint32_t>(n), 2);
        append_little_endian(out, ~static_cast<std::uint32_t>(n), 2);
        out.insert(out.end(), left.begin(), left.begin() + static_cast<std::ptrdiff_t>(n));
        left = left.subspan(n);
    } while (!left.empty());
    append_big_endian(out, adler(bytes), 4);
    return out;
}

Bytes zlib_bomb(int runs) {
    Bytes out;
    append_big_endian(out, 0x7801, 2);
    BitWriter bits(out);
    bits.number(1, 1);      // the last block,
    bits.number(1, 2);      // with the fixed codes:
    bits.huffman(0x30, 8);  // a zero,
    for (int i = 0; i < runs; ++i) {
        bits.huffman(0xC5, 8);  // then 258 bytes more
        bits.huffman(0, 5);     // like the one before
    }
    bits.huffman(0, 7);
    bits.finish();
    append_big_endian(out, 0, 4);  // a checksum that readers of pictures do not look at
    return out;
}

Bytes iccp_chunk(std::span<const std::byte> profile) {
    Bytes content;
    append(content, std::string("test\0\0", 6));
    const Bytes packed = zlib_stored(profile);
    content.insert(content.end(), packed.begin(), packed.end());
    return png_chunk("iCCP", content);
}

Bytes png_from_zlib(int width, int height, std::span<const std::byte> packed, const PngForm& form) {
    Bytes header;
    append_big_endian(header, static_cast<std::uint32_t>(width), 4);
    append_big_endian(header, static_cast<std::uint32_t>(height), 4);
    append_big_endian(header, static_cast<std::uint32_t>(form.depth << 8 | form.type), 2);
    append_big_endian(header, form.interlaced ? 1 : 0, 3);  // deflate, the five filters, Adam7 or not
    Bytes file;
    append(file, "\x89PNG\r\n\x1A\n");
    const auto add = [&file](const Bytes& chunk) { file.insert(file.end(), chunk.begin(), chunk.end()); };
    add(png_chunk("IHDR", header));
    add(form.chunks);
    add(png_chunk("IDAT", packed));
    add(png_chunk("IEND", {}));
    return file;
}

Bytes png_file(int width, int height, std::span<const std::uint8_t> rows, const PngForm& form) {
    const std::size_t row_bytes = rows.size() / static_cast<std::size_t>(height);
    Bytes filtered;
    const auto add = [&](int y, int first, int step) {
        filtered.push_back(std::byte{0});  // no filter
        const auto row = rows.subspan(static_cast<std::size_t>(y) * row_bytes, row_bytes);
        if (step == 1) return append(filtered, row);
        const std::size_t pixel = row_bytes / static_cast<std::size_t>(width);
        for (int x = first; x < width; x += step)
            append(filtered, row.subspan(static_cast<std::size_t>(x) * pixel, pixel));
    };
    struct Pass {
        int x, y, step_x, step_y;
    };
    constexpr Pass whole[] = {{0, 0, 1, 1}};
    constexpr Pass adam7[] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                              {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
    for (const Pass& pass : form.interlaced ? std::span<const Pass>(adam7) : std::span<const Pass>(whole))
        for (int y = pass.y; y < height && pass.x < width; y += pass.step_y) add(y, pass.x, pass.step_x);
    return png_from_zlib(width, height, zlib_stored(filtered), form);
}

}  // namespace emulsion::tests
