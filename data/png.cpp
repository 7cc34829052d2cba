// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What stb_image passes over in a PNG: its colour profile and its EXIF.
#include <algorithm>
#include <string_view>

#include "data/codecs.h"
#include "data/metadata.h"

namespace emulsion {
namespace {

using Bytes = std::span<const std::uint8_t>;

/// No real profile is larger; a packed one could claim anything.
constexpr std::size_t most_profile_bytes = std::size_t{16} << 20;

std::size_t big_endian(Bytes b) {
    return std::size_t{b[0]} << 24 | b[1] << 16 | b[2] << 8 | b[3];
}

/// Calls visit(type, content) for every chunk that lies whole in the file.
template <class Visit>
void for_each_chunk(Bytes png, const Visit& visit) {
    constexpr std::size_t signature = 8, around = 12;  // length, type and checksum around the content
    png = png.subspan(std::min(signature, png.size()));
    while (png.size() >= around) {
        const std::size_t length = big_endian(png);
        if (length > png.size() - around) return;
        visit(std::string_view(reinterpret_cast<const char*>(png.data()) + 4, 4), png.subspan(8, length));
        png = png.subspan(around + length);
    }
}

/// A picture beyond its own limits stb_image calls unknown or corrupt.
void check_stated_size(const Source& source) {
    for_each_chunk(source.bytes, [&](std::string_view type, Bytes content) {
        constexpr std::size_t side = 4;
        if (type != "IHDR" || content.size() < 2 * side) return;
        source.check_size(static_cast<std::int64_t>(big_endian(content)),
                          static_cast<std::int64_t>(big_endian(content.subspan(side))));
    });
}

/// iCCP holds a name, a zero, the method of packing (0: zlib) and the packed profile.
std::vector<std::uint8_t> unpack_profile(Bytes iccp) {
    const auto zero = std::find(iccp.begin(), iccp.end(), 0);
    const auto name = static_cast<std::size_t>(zero - iccp.begin());
    if (iccp.size() < name + 2 || iccp[name + 1] != 0) return {};
    return inflate(iccp.subspan(name + 2), most_profile_bytes);
}

}  // namespace

void decode_png(const Source& source, Raster& raster) {
    check_stated_size(source);
    decode_with_stb(source, raster);
    for_each_chunk(source.bytes, [&](std::string_view type, Bytes content) {
        if (type == "iCCP" && raster.profile.empty()) raster.profile = unpack_profile(content);
        if (type == "eXIf" && source.options.orient) raster.orientation = exif_orientation(content);
    });
}

}  // namespace emulsion
