// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <emulsion/preprocessing.h>

#include <array>
#include <charconv>

namespace emulsion {
namespace {

std::string number(float value) {
    constexpr int digits = 6;
    std::array<char, 32> text;
    const auto end = std::to_chars(text.data(), text.data() + text.size(), static_cast<double>(value),
                                   std::chars_format::general, digits);
    return {text.data(), end.ptr};
}

std::string numbers(const std::array<float, 3>& values) {
    return number(values[0]) + " " + number(values[1]) + " " + number(values[2]);
}

std::string size(int height, int width) {
    return std::to_string(height) + "x" + std::to_string(width);
}

}  // namespace

std::string describe(const Preprocessing& p) {
    constexpr const char* filters[] = {"nearest", "bilinear", "bicubic", "area", "lanczos"};
    std::string text = p.decoder == Preprocessing::Decoder::exact ? "decode exactly" : "decode scaled (JPEG)";
    if (p.orient) text += ", orient by EXIF";
    if (p.portrait == Preprocessing::Portrait::rotate) text += ", portraits to landscape";
    text += p.fit == Preprocessing::Fit::squash ? ", squash to " : ", fit the short side to ";
    text += size(p.height, p.width) + " (" + filters[static_cast<int>(p.filter)] + ")";
    if (p.crop_height != p.height || p.crop_width != p.width)
        text += ", crop " + size(p.crop_height, p.crop_width);
    text += p.bgr ? ", BGR" : ", RGB";
    text += p.mean_image.empty() ? ", mean " + numbers(p.mean) : ", mean image";
    return text + ", scale " + numbers(p.scale);
}

}  // namespace emulsion
