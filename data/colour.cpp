// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// ICC profiles to sRGB, through Little CMS.
//
// Its optimised conversions are slow for cameras and screens (22 ns a pixel: a quarter of a second for a
// phone's photo of 12 megapixels) and coarse for linear grey (9 levels of error in the darks). Its plain
// ones are exact but 20 times slower. So it is asked for exact answers to few questions, from which
// tables are made wherever the profile is of a form that tables can hold.
#include <lcms2.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <memory>
#include <type_traits>
#include <utility>

#include "data/codecs.h"
#include "data/light_tables.h"

namespace emulsion {
namespace {

template <auto close>
struct Closer {
    template <class T>
    void operator()(T* handle) const {
        close(handle);
    }
};
using Context = std::unique_ptr<std::remove_pointer_t<cmsContext>, Closer<&cmsDeleteContext>>;
using Profile = std::unique_ptr<void, Closer<&cmsCloseProfile>>;
using Transform = std::unique_ptr<void, Closer<&cmsDeleteTransform>>;
using Curve = std::unique_ptr<cmsToneCurve, Closer<&cmsFreeToneCurve>>;

/// Keeps the library's first complaint for our own message, instead of losing or printing it.
void keep_message(cmsContext context, cmsUInt32Number, const char* text) {
    auto& message = *static_cast<std::string*>(cmsGetContextUserData(context));
    if (message.empty()) message = text;
}

/// An embedded profile, ready to be converted from.
struct Embedded {
    Context context;
    Profile profile, srgb;

    /// Null, with a message kept in the context, where it cannot be done.
    Transform transform(cmsUInt32Number in, cmsHPROFILE to, cmsUInt32Number out,
                        cmsUInt32Number flags) const {
        return Transform(
            cmsCreateTransformTHR(context.get(), profile.get(), in, to, out, INTENT_PERCEPTUAL, flags));
    }
};

struct SpaceNames {
    cmsColorSpaceSignature signature;
    int pixel_type;
    cmsUInt32Number channels;
};

SpaceNames names_of(Raster::Space space) {
    switch (space) {
        case Raster::Space::grey:
            return {cmsSigGrayData, PT_GRAY, 1};
        case Raster::Space::cmyk:
            return {cmsSigCmykData, PT_CMYK, 4};
        case Raster::Space::rgb:
            break;
    }
    return {cmsSigRgbData, PT_RGB, 3};
}

cmsUInt32Number format_of(const Raster& raster) {
    const SpaceNames names = names_of(raster.space);
    return COLORSPACE_SH(names.pixel_type) | CHANNELS_SH(names.channels) | EXTRA_SH(raster.alpha ? 1U : 0U) |
           BYTES_SH(raster.wide ? 2U : 1U);
}

/// An RGB raster of the same size and kind, its samples still to be filled.
Raster rgb_like(const Raster& raster) {
    Raster rgb;
    rgb.width = raster.width;
    rgb.height = raster.height;
    rgb.alpha = raster.alpha;
    rgb.wide = raster.wide;
    rgb.orientation = raster.orientation;
    rgb.samples.resize(rgb.sample_bytes());
    return rgb;
}

/// Any profile and any samples, pixel by pixel. False if it cannot be done; so with those below.
bool convert_pixels(const Embedded& embedded, Raster& raster) {
    Raster rgb = rgb_like(raster);
    // To make an optimised conversion takes as long as to convert this many pixels with a plain one.
    constexpr std::size_t worth_optimising = 300'000;
    const cmsUInt32Number flags = (raster.pixels() < worth_optimising ? cmsFLAGS_NOOPTIMIZE : 0U) |
                                  (raster.alpha ? cmsFLAGS_COPY_ALPHA : 0U);
    const Transform transform =
        embedded.transform(format_of(raster), embedded.srgb.get(), format_of(rgb), flags);
    if (transform == nullptr) return false;
    const auto height = static_cast<std::size_t>(raster.height);
    const std::size_t row_in = raster.sample_bytes() / height, row_out = rgb.sample_bytes() / height;
    for (std::size_t y = 0; y < height; ++y)
        cmsDoTransform(transform.get(), &raster.samples[y * row_in], &rgb.samples[y * row_out],
                       static_cast<cmsUInt32Number>(raster.width));
    raster = std::move(rgb);
    return true;
}

/// Grey: every value there is, converted exactly, then looked up.
template <class Sample>
bool convert_greys(const Embedded& embedded, Raster& raster) {
    Raster all;
    all.space = Raster::Space::grey;
    all.wide = raster.wide;
    all.width = std::numeric_limits<Sample>::max() + 1;
    all.height = 1;
    all.samples.resize(all.sample_bytes());
    auto* values = reinterpret_cast<Sample*>(all.samples.data());
    for (int v = 0; v < all.width; ++v) values[v] = static_cast<Sample>(v);
    if (!convert_pixels(embedded, all)) return false;

    Raster rgb = rgb_like(raster);
    const auto* in = reinterpret_cast<const Sample*>(raster.samples.data());
    const auto* table = reinterpret_cast<const Sample*>(all.samples.data());
    auto* out = reinterpret_cast<Sample*>(rgb.samples.data());
    for (std::size_t i = 0; i < raster.pixels(); ++i) {
        out = std::copy_n(table + 3 * std::size_t{*in++}, 3, out);
        if (raster.alpha) *out++ = *in++;
    }
    raster = std::move(rgb);
    return true;
}

/// Colours all over the cube, as 8-bit RGB.
std::vector<std::uint8_t> colour_grid() {
    constexpr int steps = 6, spacing = 255 / (steps - 1);
    std::vector<std::uint8_t> grid;
    for (int r = 0; r < steps; ++r)
        for (int g = 0; g < steps; ++g)
            for (int b = 0; b < steps; ++b)
                for (const int place : {r, g, b}) grid.push_back(static_cast<std::uint8_t>(place * spacing));
    return grid;
}

bool within_a_level(const std::vector<std::uint8_t>& a, const std::vector<std::uint8_t>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), [](int x, int y) { return std::abs(x - y) <= 1; });
}

/// sRGB's primaries, with values proportional to light.
Profile linear_srgb(cmsContext context) {
    constexpr cmsCIExyY white{0.3127, 0.3290, 1};
    constexpr cmsCIExyYTRIPLE primaries{{0.64, 0.33, 1}, {0.30, 0.60, 1}, {0.15, 0.06, 1}};
    const Curve line(cmsBuildGamma(context, 1.0));
    cmsToneCurve* const lines[] = {line.get(), line.get(), line.get()};
    return Profile(cmsCreateRGBProfileTHR(context, &white, &primaries, lines));
}

/// 8-bit RGB. Whether the profile is sRGB itself (as most are), or one that tables can hold, is tried on
/// a grid of colours and not read from its tags: what counts is what it does.
bool convert_rgb(const Embedded& embedded, Raster& raster) {
    const auto convert = [](const Transform& transform, const auto& in, auto& out) {
        cmsDoTransform(transform.get(), in.data(), out.data(), static_cast<cmsUInt32Number>(in.size() / 3));
    };
    const Transform exact =
        embedded.transform(TYPE_RGB_8, embedded.srgb.get(), TYPE_RGB_8, cmsFLAGS_NOOPTIMIZE);
    if (exact == nullptr) return false;
    std::vector<std::uint8_t> grid = colour_grid(), wanted(grid.size());
    convert(exact, grid, wanted);
    if (within_a_level(grid, wanted)) return true;

    const Profile linear = linear_srgb(embedded.context.get());
    const Transform to_linear =
        embedded.transform(TYPE_RGB_FLT, linear.get(), TYPE_RGB_FLT, cmsFLAGS_NOOPTIMIZE);
    if (to_linear == nullptr) return false;
    const LightTables tables([&](std::span<float> rgb) { convert(to_linear, rgb, rgb); });
    tables.convert(grid, 3);
    if (!within_a_level(grid, wanted)) return convert_pixels(embedded, raster);
    tables.convert(raster.samples, static_cast<std::size_t>(raster.channels()));
    return true;
}

bool convert(const Embedded& embedded, Raster& raster) {
    if (raster.space == Raster::Space::grey)
        return raster.wide ? convert_greys<std::uint16_t>(embedded, raster)
                           : convert_greys<std::uint8_t>(embedded, raster);
    if (raster.space == Raster::Space::rgb && !raster.wide) return convert_rgb(embedded, raster);
    return convert_pixels(embedded, raster);
}

}  // namespace

std::string convert_to_srgb(Raster& raster) {
    std::string message;
    const auto complaint = [&message](const char* otherwise) {
        return message.empty() ? otherwise : message;
    };
    Embedded embedded{Context(cmsCreateContext(nullptr, &message)), nullptr, nullptr};
    cmsContext context = embedded.context.get();
    cmsSetLogErrorHandlerTHR(context, keep_message);
    embedded.profile.reset(cmsOpenProfileFromMemTHR(context, raster.profile.data(),
                                                    static_cast<cmsUInt32Number>(raster.profile.size())));
    if (embedded.profile == nullptr) return complaint("it cannot be read");
    if (cmsGetColorSpace(embedded.profile.get()) != names_of(raster.space).signature)
        return "it is for another kind of colour";
    embedded.srgb.reset(cmsCreate_sRGBProfileTHR(context));
    return convert(embedded, raster) ? "" : complaint("it cannot be converted to sRGB");
}

}  // namespace emulsion
