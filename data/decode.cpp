// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "data/decode.h"

#include <emulsion/error.h>
#include <algorithm>
#include <limits>
#include <new>
#include <utility>

#include "data/codecs.h"
#include "data/files.h"
#include "data/format.h"
#include "data/orient.h"

namespace emulsion {
namespace {

/// To the raster, or to the taker where there is one and the format can: true if it was that.
bool decode_samples(const Source& source, Raster& raster, RowTaker* taker) {
    const Detected detected = detect_format(source.bytes);
    switch (detected.format) {
        case Format::jpeg:
            return decode_jpeg(source, raster, taker);
        case Format::png:
            decode_png(source, raster);
            return false;
        case Format::webp:
            decode_webp(source, raster);
            return false;
        case Format::pnm:
            decode_pnm(source, raster);
            return false;
        case Format::bmp:
        case Format::tga:
            decode_with_stb(source, raster);
            return false;
        case Format::refused:
            break;
    }
    source.refuse(detected.name + ": only JPEG, PNG, WebP, BMP, TGA and PNM photos are read");
}

/// Lays a sample over white by its alpha and reduces it to 8 bits, rounding once.
template <class Sample>
std::uint8_t over_white(Sample sample, Sample alpha) {
    constexpr std::uint64_t most = std::numeric_limits<Sample>::max();
    const std::uint64_t mixed = sample * std::uint64_t{alpha} + most * (most - alpha);
    return static_cast<std::uint8_t>((mixed * 255 + most * most / 2) / (most * most));
}

/// Grey or RGB samples of either width, with or without alpha, to 8-bit RGB.
template <class Sample>
void flatten(const Raster& raster, std::uint8_t* rgb) {
    const auto* in = reinterpret_cast<const Sample*>(raster.samples.data());
    const int step = raster.channels();
    const int green = raster.space == Raster::Space::grey ? 0 : 1, blue = 2 * green;
    for (std::size_t i = 0; i < raster.pixels(); ++i, in += step, rgb += 3) {
        const Sample alpha = raster.alpha ? in[step - 1] : std::numeric_limits<Sample>::max();
        rgb[0] = over_white(in[0], alpha);
        rgb[1] = over_white(in[green], alpha);
        rgb[2] = over_white(in[blue], alpha);
    }
}

/// The plain formula, for files that do not say which inks they mean.
void flatten_cmyk(const Raster& raster, std::uint8_t* rgb) {
    const std::uint8_t* in = raster.samples.data();
    for (std::size_t i = 0; i < raster.pixels(); ++i, in += 4, rgb += 3)
        for (int c = 0; c < 3; ++c)
            rgb[c] = static_cast<std::uint8_t>(((255 - in[c]) * (255 - in[3]) + 127) / 255);
}

Image to_image(Raster raster) {
    Image image{raster.width, raster.height, {}};
    if (raster.space == Raster::Space::rgb && !raster.alpha && !raster.wide) {
        image.rgb = std::move(raster.samples);
        return image;
    }
    image.rgb.resize(raster.pixels() * 3);
    if (raster.space == Raster::Space::cmyk)
        flatten_cmyk(raster, image.rgb.data());
    else if (raster.wide)
        flatten<std::uint16_t>(raster, image.rgb.data());
    else
        flatten<std::uint8_t>(raster, image.rgb.data());
    return image;
}

Source checked_source(std::span<const std::byte> bytes, const DecodeOptions& options,
                      const std::string& name) {
    Source source{{reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, options, name};
    if (bytes.size() > options.most_bytes)
        source.refuse(std::to_string(bytes.size()) + " bytes; at most " + std::to_string(options.most_bytes) +
                      " are read");
    source.check_stop();
    return source;
}

/// The rest of the way to 8-bit sRGB.
Image finish(const Source& source, Raster raster) {
    source.check_stop();
    if (!raster.profile.empty()) {
        const std::string ignored = convert_to_srgb(raster);
        if (!ignored.empty() && source.options.log)
            source.options.log(LogLevel::warning,
                               one_line(source.name + ": colour profile ignored: " + ignored));
    }
    return to_image(std::move(raster));
}

}  // namespace

void Source::refuse(const std::string& what) const {
    throw Error(Error::Kind::data, one_line(name + ": " + what));
}

void Source::check_size(std::int64_t width, std::int64_t height) const {
    const std::string size = std::to_string(width) + " x " + std::to_string(height) + " pixels";
    if (width < 1 || height < 1) refuse("broken: a size of " + size);
    if (std::max(width, height) > options.most_side)
        refuse(size + ", more than " + std::to_string(options.most_side) + " a side");
    if (width * height > options.most_pixels)
        refuse(size + ", more than " + std::to_string(options.most_pixels) + " in all");
}

void Source::admit(std::int64_t width, std::int64_t height, std::size_t bytes_a_pixel) const {
    if (options.admit) options.admit(static_cast<std::size_t>(width * height) * bytes_a_pixel);
}

void Source::check_stop() const {
    if (options.is_over()) throw Error(Error::Kind::failure, one_line(name + ": stopped"));
}

void decode_rows(std::span<const std::byte> bytes, const DecodeOptions& options, const std::string& name,
                 RowTaker& taker, std::vector<std::uint8_t>& memory) {
    const Source source = checked_source(bytes, options, name);
    Raster raster;
    raster.samples = std::move(memory);
    if (decode_samples(source, raster, &taker)) {
        memory = std::move(raster.samples);
        return;
    }
    const int orientation = raster.orientation;
    Image image = finish(source, std::move(raster));
    taker.begin(image.height, image.width, orientation);
    for (int y = 0; y < image.height; ++y)
        taker.take(image.rgb.data() + static_cast<std::size_t>(y) * image.row_bytes());
    memory = std::move(image.rgb);
}

Image decode_photo(std::span<const std::byte> bytes, const DecodeOptions& options, const std::string& name) {
    const Source source = checked_source(bytes, options, name);
    Raster raster;
    decode_samples(source, raster, nullptr);
    const int orientation = raster.orientation;
    return orient(finish(source, std::move(raster)), orientation);
}

Image decode_file(const std::string& path, const DecodeOptions& options) {
    return decode_photo(read_file(path, options.most_bytes), options, path);
}

}  // namespace emulsion
