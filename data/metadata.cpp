// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "data/metadata.h"

#include <exiv2/exiv2.hpp>

#include <algorithm>
#include <string_view>

namespace emulsion {
namespace {

/// Exiv2 reports damage on stderr unless told otherwise; a library does not print.
void silence_exiv2() {
    [[maybe_unused]] static const bool once = [] {
        Exiv2::LogMsg::setHandler(nullptr);
        return true;
    }();
}

}  // namespace

int exif_orientation(std::span<const std::uint8_t> exif) {
    using namespace std::string_view_literals;
    constexpr std::string_view prefix = "Exif\0\0"sv;
    if (exif.size() > prefix.size() && std::equal(prefix.begin(), prefix.end(), exif.begin()))
        exif = exif.subspan(prefix.size());
    if (exif.empty())
        return 1;  // as most photos from the web; Exiv2 would throw, which takes longer than all else
    silence_exiv2();
    try {
        Exiv2::ExifData data;
        Exiv2::ExifParser::decode(data, exif.data(), static_cast<std::uint32_t>(exif.size()));
        const auto found = data.findKey(Exiv2::ExifKey("Exif.Image.Orientation"));
        const auto value = found == data.end() || found->count() < 1 ? 1 : found->toLong();
        return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
    } catch (const std::exception&) {
        return 1;  // a photo with a damaged EXIF is still a photo
    }
}

}  // namespace emulsion
