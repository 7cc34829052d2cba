// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "data/format.h"

#include <algorithm>
#include <string_view>

namespace emulsion {
namespace {

using namespace std::string_view_literals;

struct Signature {
    std::size_t offset;
    std::string_view bytes;
    Format format;
    const char* name;
};

/// The first that matches counts: cameras' raw files stand before the TIFF that most of them are.
constexpr Signature signatures[] = {
    {0, "\xFF\xD8\xFF"sv, Format::jpeg, "JPEG"},
    {0, "\x89PNG\r\n\x1A\n"sv, Format::png, "PNG"},
    {8, "WEBP"sv, Format::webp, "WebP"},
    {0, "P5"sv, Format::pnm, "PNM"},
    {0, "P6"sv, Format::pnm, "PNM"},
    {0, "BM"sv, Format::bmp, "BMP"},
    {0, "GIF8"sv, Format::refused, "a GIF image"},
    {8, "CR\x02"sv, Format::refused, "a Canon raw file"},
    {0, "FUJIFILMCCD-RAW"sv, Format::refused, "a Fujifilm raw file"},
    {0, "IIRO"sv, Format::refused, "an Olympus raw file"},
    {0, "IIRS"sv, Format::refused, "an Olympus raw file"},
    {0, "IIU\0"sv, Format::refused, "a Panasonic raw file"},
    {0, "FOVb"sv, Format::refused, "a Sigma raw file"},
    {0, "II*\0"sv, Format::refused, "a TIFF image or a camera's raw file"},
    {0, "MM\0*"sv, Format::refused, "a TIFF image or a camera's raw file"},
    {0, "II+\0"sv, Format::refused, "a TIFF image"},
    {0, "MM\0+"sv, Format::refused, "a TIFF image"},
    {4, "ftypcrx"sv, Format::refused, "a Canon raw file"},
    {4, "ftypavi"sv, Format::refused, "an AVIF image"},
    {4, "ftyphe"sv, Format::refused, "a HEIC image"},
    {4, "ftypmif1"sv, Format::refused, "a HEIC image"},
    {4, "ftypmsf1"sv, Format::refused, "a HEIC image"},
    {4, "ftyp"sv, Format::refused, "a video"},
    {0, "8BPS"sv, Format::refused, "a Photoshop (PSD) image"},
    {0, "%PDF"sv, Format::refused, "a PDF document"},
    {0, "\xFF\x0A"sv, Format::refused, "a JPEG XL image"},
    {4, "JXL "sv, Format::refused, "a JPEG XL image"},
    {4, "jP  "sv, Format::refused, "a JPEG 2000 image"},
    {0, "v/1\x01"sv, Format::refused, "an OpenEXR image"},
    {0, "#?RADIANCE"sv, Format::refused, "a Radiance HDR image"},
    {0, "\0\0\x01\0"sv, Format::refused, "an icon (ICO)"},
    {0, "P1"sv, Format::refused, "a PNM image of kind P1 (only P5 and P6 are read)"},
    {0, "P2"sv, Format::refused, "a PNM image of kind P2 (only P5 and P6 are read)"},
    {0, "P3"sv, Format::refused, "a PNM image of kind P3 (only P5 and P6 are read)"},
    {0, "P4"sv, Format::refused, "a PNM image of kind P4 (only P5 and P6 are read)"},
    {0, "P7"sv, Format::refused, "a PAM image"},
};

bool looks_like_text(std::string_view head) {
    return std::all_of(head.begin(), head.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte >= 0x20 ? byte != 0x7F : byte == '\n' || byte == '\r' || byte == '\t' || byte == '\f';
    });
}

/// TGA has no signature, so its 18-byte header must make sense from end to end.
bool looks_like_tga(std::span<const std::uint8_t> b) {
    if (b.size() < 18) return false;
    const int map = b[1], type = b[2], depth = b[16];
    const bool size = (b[12] | b[13]) != 0 && (b[14] | b[15]) != 0;
    const bool plain_descriptor =
        (b[17] & 0xC0) == 0;  // interleaving went out of use with the card that had it
    if (!size || !plain_descriptor) return false;
    if (map == 1) return (type == 1 || type == 9) && depth == 8;
    const bool grey = (type == 3 || type == 11) && (depth == 8 || depth == 16);
    const bool colour =
        (type == 2 || type == 10) && (depth == 15 || depth == 16 || depth == 24 || depth == 32);
    return map == 0 && (grey || colour);
}

}  // namespace

Detected detect_format(std::span<const std::uint8_t> bytes) {
    if (bytes.empty()) return {Format::refused, "an empty file"};
    const std::string_view head(reinterpret_cast<const char*>(bytes.data()),
                                std::min<std::size_t>(bytes.size(), 1024));
    const auto matches = [head](const Signature& s) {
        return head.size() >= s.offset && head.substr(s.offset).starts_with(s.bytes);
    };
    const auto* found = std::find_if(std::begin(signatures), std::end(signatures), matches);
    if (found != std::end(signatures)) return {found->format, found->name};
    if (looks_like_text(head))
        return {Format::refused, head.find("<svg") != head.npos ? "an SVG drawing" : "text"};
    if (looks_like_tga(bytes)) return {Format::tga, "TGA"};
    return {Format::refused, "not in a format that is known"};
}

}  // namespace emulsion
