// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "data/encode.h"

#include <csetjmp>
#include <cstdio>
#include <cstdlib>

#include <jpeglib.h>

#include <emulsion/error.h>
#include <limits>
#include <span>

#include "data/files.h"

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#define STBI_WRITE_NO_STDIO
#include <stb_image_write.h>

namespace emulsion {
namespace {

void check_image(const Image& image, int most_side) {
    const bool sized =
        image.width >= 1 && image.height >= 1 && image.width <= most_side && image.height <= most_side;
    if (!sized || image.rgb.size() != image.row_bytes() * static_cast<std::size_t>(image.height))
        throw Error(Error::Kind::usage, "an image of " + std::to_string(image.width) + " x " +
                                            std::to_string(image.height) + " pixels cannot be encoded");
}

/// libjpeg's state; as in decoding, it is entered only by steps that own nothing, because it leaves by
/// longjmp.
struct Compressor {
    jpeg_compress_struct info{};
    jpeg_error_mgr errors{};
    std::jmp_buf escape{};
    unsigned char* bytes = nullptr;
    unsigned long length = 0;

    Compressor() = default;
    Compressor(const Compressor&) = delete;
    Compressor& operator=(const Compressor&) = delete;
    ~Compressor() {
        jpeg_destroy_compress(&info);
        std::free(bytes);
    }
};

[[noreturn]] void on_error(j_common_ptr info) {
    std::longjmp(static_cast<Compressor*>(info->client_data)->escape, 1);
}

bool compress(Compressor& jpeg, const Image& image, int quality, Chroma chroma) {
    jpeg_compress_struct& info = jpeg.info;
    info.err = jpeg_std_error(&jpeg.errors);
    jpeg.errors.error_exit = on_error;
    info.client_data = &jpeg;
    if (setjmp(jpeg.escape) != 0) return false;
    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, &jpeg.bytes, &jpeg.length);
    info.image_width = static_cast<JDIMENSION>(image.width);
    info.image_height = static_cast<JDIMENSION>(image.height);
    info.input_components = 3;
    info.in_color_space = JCS_RGB;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, quality, TRUE);
    info.optimize_coding = TRUE;
    if (chroma == Chroma::full) info.comp_info[0].h_samp_factor = info.comp_info[0].v_samp_factor = 1;
    jpeg_start_compress(&info, TRUE);
    while (info.next_scanline < info.image_height) {
        auto* row = const_cast<JSAMPROW>(image.rgb.data() + info.next_scanline * image.row_bytes());
        jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    return true;
}

}  // namespace

std::vector<std::byte> encode_jpeg(const Image& image, int quality, Chroma chroma) {
    check_image(image, JPEG_MAX_DIMENSION);
    if (quality < 1 || quality > 100)
        throw Error(Error::Kind::usage,
                    "a JPEG quality of " + std::to_string(quality) + "; 1 to 100 is wanted");
    Compressor jpeg;
    if (!compress(jpeg, image, quality, chroma))
        throw Error(Error::Kind::failure, "a JPEG cannot be encoded: out of memory");
    const auto bytes = std::as_bytes(std::span(jpeg.bytes, jpeg.length));
    return {bytes.begin(), bytes.end()};
}

void write_jpeg(const std::string& path, const Image& image, int quality, Chroma chroma) {
    write_file(path, encode_jpeg(image, quality, chroma));
}

std::vector<std::byte> encode_png(const Image& image) {
    check_image(image, std::numeric_limits<std::int16_t>::max());
    const auto append = [](void* context, void* data, int length) {
        const auto* first = static_cast<const std::byte*>(data);
        auto& bytes = *static_cast<std::vector<std::byte>*>(context);
        bytes.insert(bytes.end(), first, first + length);
    };
    std::vector<std::byte> bytes;
    const int stride = static_cast<int>(image.row_bytes());
    if (stbi_write_png_to_func(append, &bytes, image.width, image.height, 3, image.rgb.data(), stride) == 0)
        throw Error(Error::Kind::failure, "a PNG cannot be encoded: out of memory");
    return bytes;
}

}  // namespace emulsion
