// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Still WebP, lossy and lossless, through libwebp.
#include <webp/decode.h>
#include <webp/demux.h>

#include <memory>

#include "data/codecs.h"
#include "data/metadata.h"

namespace emulsion {
namespace {

using Demuxer = std::unique_ptr<WebPDemuxer, decltype(&WebPDemuxDelete)>;

/// The content of the first chunk of that name, or nothing. Valid as long as the file's bytes.
std::span<const std::uint8_t> find_chunk(const WebPDemuxer* file, const char* name) {
    WebPChunkIterator found;
    if (WebPDemuxGetChunk(file, name, 1, &found) == 0) return {};
    const std::span<const std::uint8_t> content(found.chunk.bytes, found.chunk.size);
    WebPDemuxReleaseChunkIterator(&found);
    return content;
}

const char* describe(VP8StatusCode status) {
    switch (status) {
        case VP8_STATUS_NOT_ENOUGH_DATA:
        case VP8_STATUS_SUSPENDED:
            return "truncated";
        case VP8_STATUS_OUT_OF_MEMORY:
            return "out of memory";
        case VP8_STATUS_UNSUPPORTED_FEATURE:
            return "a feature that libwebp does not know";
        default:
            return "damaged";
    }
}

}  // namespace

void decode_webp(const Source& source, Raster& raster) {
    const auto insist = [&](VP8StatusCode status) {
        if (status != VP8_STATUS_OK) source.refuse(std::string("broken WebP: ") + describe(status));
    };
    WebPDecoderConfig config;
    if (WebPInitDecoderConfig(&config) == 0) source.refuse("libwebp is of another version than its header");
    insist(WebPGetFeatures(source.bytes.data(), source.bytes.size(), &config.input));
    if (config.input.has_animation != 0) source.refuse("an animated WebP: only still photos are read");
    source.check_size(config.input.width, config.input.height);
    source.admit(config.input.width, config.input.height, 4 + 4 + 3);  // libwebp's own, samples, image

    raster.width = config.input.width;
    raster.height = config.input.height;
    raster.alpha = config.input.has_alpha != 0;
    raster.samples.resize(raster.sample_bytes());
    config.output.colorspace = raster.alpha ? MODE_RGBA : MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = raster.samples.data();
    config.output.u.RGBA.stride = raster.width * raster.channels();
    config.output.u.RGBA.size = raster.samples.size();
    insist(WebPDecode(source.bytes.data(), source.bytes.size(), &config));

    const WebPData data{source.bytes.data(), source.bytes.size()};
    const Demuxer file(WebPDemux(&data), &WebPDemuxDelete);
    if (file == nullptr) return;  // the picture was whole; only what stands around it is not
    const auto profile = find_chunk(file.get(), "ICCP");
    raster.profile.assign(profile.begin(), profile.end());
    if (source.options.orient) raster.orientation = exif_orientation(find_chunk(file.get(), "EXIF"));
}

}  // namespace emulsion
