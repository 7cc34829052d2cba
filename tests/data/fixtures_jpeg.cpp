// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdio>
#include <cstdlib>

#include <jpeglib.h>

#include "tests/data/fixtures.h"

namespace emulsion::tests {
namespace {

struct ColourSpaces {
    J_COLOR_SPACE in, stored;
    int channels;
};

ColourSpaces spaces_of(JpegForm::Colours colours) {
    switch (colours) {
        case JpegForm::Colours::grey:
            return {JCS_GRAYSCALE, JCS_GRAYSCALE, 1};
        case JpegForm::Colours::rgb:
            return {JCS_RGB, JCS_RGB, 3};
        case JpegForm::Colours::cmyk:
            return {JCS_CMYK, JCS_CMYK, 4};
        case JpegForm::Colours::ycck:
            return {JCS_CMYK, JCS_YCCK, 4};
        case JpegForm::Colours::ycc:
            break;
    }
    return {JCS_RGB, JCS_YCbCr, 3};
}

void write_exif(jpeg_compress_struct& info, const Bytes& exif) {
    if (exif.empty()) return;
    Bytes content;
    append(content, std::string("Exif\0\0", 6));
    content.insert(content.end(), exif.begin(), exif.end());
    jpeg_write_marker(&info, JPEG_APP0 + 1, reinterpret_cast<const JOCTET*>(content.data()),
                      static_cast<unsigned>(content.size()));
}

}  // namespace

// libjpeg's default error handler ends the program: right for a fixture.
Bytes jpeg_file(int width, int height, std::span<const std::uint8_t> samples, const JpegForm& form) {
    jpeg_compress_struct info;
    jpeg_error_mgr errors;
    info.err = jpeg_std_error(&errors);
    jpeg_create_compress(&info);
    unsigned char* out = nullptr;
    unsigned long length = 0;
    jpeg_mem_dest(&info, &out, &length);

    const ColourSpaces spaces = spaces_of(form.colours);
    info.image_width = static_cast<JDIMENSION>(width);
    info.image_height = static_cast<JDIMENSION>(height);
    info.input_components = spaces.channels;
    info.in_color_space = spaces.in;
    jpeg_set_defaults(&info);
    jpeg_set_colorspace(&info, spaces.stored);
    jpeg_set_quality(&info, form.quality, TRUE);
    for (int c = 0; c < info.num_components; ++c)
        info.comp_info[c].h_samp_factor = info.comp_info[c].v_samp_factor = 1;
    if (!form.adobe_marker) info.write_Adobe_marker = FALSE;
    info.arith_code = form.arithmetic ? TRUE : FALSE;
    if (form.progressive) jpeg_simple_progression(&info);
    const jpeg_scan_info separate[] = {{1, {0}, 0, 63, 0, 0}, {1, {1}, 0, 63, 0, 0}, {1, {2}, 0, 63, 0, 0}};
    if (form.separate_scans) {
        info.scan_info = separate;
        info.num_scans = 3;
    }

    jpeg_start_compress(&info, TRUE);
    write_exif(info, form.exif);
    if (!form.profile.empty())
        jpeg_write_icc_profile(&info, reinterpret_cast<const JOCTET*>(form.profile.data()),
                               static_cast<unsigned>(form.profile.size()));
    while (info.next_scanline < info.image_height) {
        const std::size_t row_bytes =
            static_cast<std::size_t>(width) * static_cast<std::size_t>(spaces.channels);
        auto* row = const_cast<JSAMPROW>(samples.data() + info.next_scanline * row_bytes);
        jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    const auto written = std::as_bytes(std::span(out, length));
    Bytes file(written.begin(), written.end());
    std::free(out);
    return file;
}

Bytes jpeg_file(const Image& photo, const JpegForm& form) {
    return jpeg_file(photo.width, photo.height, photo.rgb, form);
}

}  // namespace emulsion::tests
