// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <webp/encode.h>

#include <algorithm>

#include "tests/data/fixtures.h"

namespace emulsion::tests {
namespace {

void append_bgr(Bytes& to, const Image& photo, int y, int x) {
    const std::vector<int> rgb = pixel(photo, x, y);
    for (int c = 2; c >= 0; --c)
        append_little_endian(to, static_cast<std::uint32_t>(rgb[static_cast<std::size_t>(c)]), 1);
}

Bytes take_webp(std::uint8_t* data, std::size_t length) {
    const auto written = std::as_bytes(std::span(data, length));
    Bytes file(written.begin(), written.end());
    WebPFree(data);
    return file;
}

void append_riff_chunk(Bytes& to, const std::string& name, std::span<const std::byte> content) {
    append(to, name);
    append_little_endian(to, static_cast<std::uint32_t>(content.size()), 4);
    to.insert(to.end(), content.begin(), content.end());
    if (content.size() % 2 != 0) to.push_back(std::byte{0});
}

}  // namespace

Bytes bmp_file(const Image& photo, bool top_down) {
    Bytes file;
    append(file, "BM");
    append_little_endian(file, 0, 4);
    append_little_endian(file, 0, 4);
    append_little_endian(file, 54, 4);
    append_little_endian(file, 40, 4);
    append_little_endian(file, static_cast<std::uint32_t>(photo.width), 4);
    append_little_endian(file, static_cast<std::uint32_t>(top_down ? -photo.height : photo.height), 4);
    append_little_endian(file, 1, 2);
    append_little_endian(file, 24, 2);
    for (int i = 0; i < 6; ++i) append_little_endian(file, 0, 4);
    for (int row = 0; row < photo.height; ++row) {
        for (int x = 0; x < photo.width; ++x)
            append_bgr(file, photo, top_down ? row : photo.height - 1 - row, x);
        for (std::size_t pad = photo.row_bytes(); pad % 4 != 0; ++pad) append_little_endian(file, 0, 1);
    }
    return file;
}

Bytes tga_file(const Image& photo, bool packed) {
    Bytes file;
    append_little_endian(file, packed ? 0x0A0000 : 0x020000, 3);
    append_little_endian(file, 0, 4);
    append_little_endian(file, 0, 4);
    append_little_endian(file, 0, 1);
    append_little_endian(file, static_cast<std::uint32_t>(photo.width), 2);
    append_little_endian(file, static_cast<std::uint32_t>(photo.height), 2);
    append_little_endian(file, 24, 1);
    append_little_endian(file, 0x20, 1);  // the first row is the top
    for (int y = 0; y < photo.height; ++y)
        for (int x = 0; x < photo.width; ++x) {
            if (packed) append_little_endian(file, 0, 1);  // a packet of one pixel
            append_bgr(file, photo, y, x);
        }
    return file;
}

Bytes pnm_file(const Image& photo) {
    Bytes file;
    append(file, "P6\n# a comment\n" + std::to_string(photo.width) + " " + std::to_string(photo.height) +
                     "\n255\n");
    append(file, photo.rgb);
    return file;
}

Bytes webp_file(int width, int height, std::span<const std::uint8_t> rgba, std::span<const std::byte> exif,
                std::span<const std::byte> profile) {
    std::uint8_t* out = nullptr;
    const std::size_t length = WebPEncodeLosslessRGBA(rgba.data(), width, height, 4 * width, &out);
    const Bytes plain = take_webp(out, length);
    if (exif.empty() && profile.empty()) return plain;

    // The picture's own chunk follows 12 bytes of "RIFF", size and "WEBP"; in the long form a chunk of
    // flags and the canvas stands before it.
    Bytes flags;
    append_little_endian(flags, (profile.empty() ? 0U : 0x20U) | 0x10U | (exif.empty() ? 0U : 0x08U), 4);
    append_little_endian(flags, static_cast<std::uint32_t>(width - 1), 3);
    append_little_endian(flags, static_cast<std::uint32_t>(height - 1), 3);
    Bytes body;
    append(body, "WEBP");
    append_riff_chunk(body, "VP8X", flags);
    if (!profile.empty()) append_riff_chunk(body, "ICCP", profile);
    body.insert(body.end(), plain.begin() + 12, plain.end());
    if (!exif.empty()) append_riff_chunk(body, "EXIF", exif);
    Bytes file;
    append_riff_chunk(file, "RIFF", body);
    return file;
}

Bytes webp_lossy_file(const Image& photo, float quality) {
    std::uint8_t* out = nullptr;
    const int stride = static_cast<int>(photo.row_bytes());
    const std::size_t length =
        WebPEncodeRGB(photo.rgb.data(), photo.width, photo.height, stride, quality, &out);
    return take_webp(out, length);
}

}  // namespace emulsion::tests
