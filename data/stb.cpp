// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// PNG, BMP and TGA through stb_image, whose known faults sit in formats that are left out here.
#include <emulsion/error.h>
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>

#include "data/codecs.h"
#include "data/format.h"

namespace {

/// stb_image grows what it unpacks until memory ends, so a small file could take gigabytes. No single
/// request of this thread above this number of bytes is met.
thread_local std::size_t most_request = 0;

void* bounded_malloc(std::size_t bytes) {
    return bytes <= most_request ? std::malloc(bytes) : nullptr;
}
void* bounded_realloc(void* old, std::size_t bytes) {
    return bytes <= most_request ? std::realloc(old, bytes) : nullptr;
}

}  // namespace

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_PNG
#define STBI_ONLY_BMP
#define STBI_ONLY_TGA
#define STBI_NO_STDIO
#define STBI_FAILURE_USERMSG
#define STBI_MALLOC(bytes) bounded_malloc(bytes)
#define STBI_REALLOC(old, bytes) bounded_realloc(old, bytes)
#define STBI_FREE(old) std::free(old)
#include <stb_image.h>

namespace emulsion {
namespace {

/// Feeds stb_image. It takes zeros for bytes that are not there, so their lack is noted here.
class Reader {
   public:
    explicit Reader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
    bool ran_out() const { return ran_out_; }

    static const stbi_io_callbacks& callbacks() {
        static const stbi_io_callbacks table{read, skip, at_end};
        return table;
    }

   private:
    static int read(void* self, char* to, int wanted) {
        auto& reader = *static_cast<Reader*>(self);
        const std::size_t n = std::min(static_cast<std::size_t>(wanted), reader.bytes_.size() - reader.at_);
        if (n == 0) reader.ran_out_ = true;
        std::memcpy(to, reader.bytes_.data() + reader.at_, n);
        reader.at_ += n;
        return static_cast<int>(n);
    }
    static void skip(void* self, int n) {
        auto& reader = *static_cast<Reader*>(self);
        const std::size_t left = reader.bytes_.size() - reader.at_;
        reader.at_ += std::min(left, static_cast<std::size_t>(std::max(n, 0)));
    }
    static int at_end(void* self) {
        const auto& reader = *static_cast<Reader*>(self);
        return reader.at_ == reader.bytes_.size() ? 1 : 0;
    }

    std::span<const std::uint8_t> bytes_;
    std::size_t at_ = 0;
    bool ran_out_ = false;
};

/// The one place where stb_image does not ask for the next byte: the plain rows of a TGA.
bool plain_tga_is_short(std::span<const std::uint8_t> bytes, int width, int height, int channels) {
    constexpr std::size_t header = 18;
    const bool plain = bytes[2] == 2 || bytes[2] == 3;
    const bool packed = bytes[16] == 15 || (bytes[16] == 16 && bytes[2] == 2);  // two bytes make RGB
    const std::size_t pixel = packed ? 2 : static_cast<std::size_t>(channels);
    return plain &&
           bytes.size() <
               header + bytes[0] + pixel * static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
}

/// Decoded samples, released with stb_image's own function.
using Samples = std::unique_ptr<void, decltype(&stbi_image_free)>;

}  // namespace

void decode_with_stb(const Source& source, Raster& raster) {
    const stbi_io_callbacks& callbacks = Reader::callbacks();
    const Detected format = detect_format(source.bytes);
    const auto refuse = [&](const Reader& reader) {
        source.refuse("broken " + format.name + ": " +
                      (reader.ran_out() ? "truncated" : stbi_failure_reason()));
    };

    constexpr std::size_t spare = 1 << 20;  // for palettes and the like
    most_request = spare;
    Reader header(source.bytes);
    int width = 0, height = 0, channels = 0;
    if (stbi_info_from_callbacks(&callbacks, &header, &width, &height, &channels) == 0) refuse(header);
    if (height < 0 && height > std::numeric_limits<int>::min()) height = -height;  // a BMP from the top down
    source.check_size(width, height);
    source.admit(width, height, 16 + 8 + 3);  // stb_image's own (see below), samples, image

    raster.width = width;
    raster.height = height;
    Reader depth(source.bytes);
    raster.wide = stbi_is_16_bit_from_callbacks(&callbacks, &depth) != 0;

    // Eight bytes are the widest pixel; a row has one byte more, the rows of an interlaced picture two. All
    // of it twice, because stb_image grows by doubling.
    most_request = 16 * raster.pixels() + 4 * static_cast<std::size_t>(height) + spare;
    Reader reader(source.bytes);
    const Samples samples(raster.wide
                              ? static_cast<void*>(stbi_load_16_from_callbacks(&callbacks, &reader, &width,
                                                                               &height, &channels, 0))
                              : stbi_load_from_callbacks(&callbacks, &reader, &width, &height, &channels, 0),
                          &stbi_image_free);
    if (samples == nullptr || reader.ran_out()) refuse(reader);
    if (format.format == Format::tga && plain_tga_is_short(source.bytes, width, height, channels))
        source.refuse("broken TGA: truncated");

    raster.space = channels <= 2 ? Raster::Space::grey : Raster::Space::rgb;
    raster.alpha = channels == 2 || channels == 4;
    const auto* first = static_cast<const std::uint8_t*>(samples.get());
    raster.samples.assign(first, first + raster.sample_bytes());
}

std::vector<std::uint8_t> inflate(std::span<const std::uint8_t> packed, std::size_t most_bytes) {
    if (packed.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) return {};
    most_request = most_bytes;
    int length = 0;
    const std::unique_ptr<char, decltype(&std::free)> out(
        stbi_zlib_decode_malloc(reinterpret_cast<const char*>(packed.data()), static_cast<int>(packed.size()),
                                &length),
        &std::free);
    if (out == nullptr) return {};
    return {out.get(), out.get() + length};
}

}  // namespace emulsion
