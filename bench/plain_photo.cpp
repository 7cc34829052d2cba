// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "bench/plain_photo.h"

#include <cstdio>

#include <jpeglib.h>

#include <algorithm>
#include <cmath>

namespace emulsion::bench {
namespace {

bool turned(int width, int height, const Preprocessing& contract) {
    return contract.portrait == Preprocessing::Portrait::rotate && height > width;
}

/// The smallest eighth of the stored size at which it covers the contract's.
unsigned eighths_of(const jpeg_decompress_struct& info, const Preprocessing& contract) {
    if (contract.decoder == Preprocessing::Decoder::exact) return 8;
    auto width = static_cast<int>(info.image_width), height = static_cast<int>(info.image_height);
    if (turned(width, height, contract)) std::swap(width, height);
    unsigned eighths = 1;
    while (eighths < 8 && (std::ceil(width * eighths / 8.0) < contract.width ||
                           std::ceil(height * eighths / 8.0) < contract.height))
        ++eighths;
    return eighths;
}

/// Weights of the `in` pixels of an axis in pixel `o` of `out`: a triangle as wide as the reduction.
struct Weights {
    Weights(int in, int out, int o) {
        const double scale = static_cast<double>(in) / out, reach = std::max(scale, 1.0);
        const double centre = (o + 0.5) * scale;
        first = std::max(0, static_cast<int>(std::floor(centre - reach - 0.5)));
        double sum = 0;
        for (int i = first; i < std::min<double>(in, centre + reach + 0.5); ++i) {
            values.push_back(std::max(0.0, 1 - std::abs(i + 0.5 - centre) / reach));
            sum += values.back();
        }
        for (double& value : values) value /= sum;
    }
    int first;
    std::vector<double> values;
};

/// height x width x 3
std::vector<double> squash(const PlainPhoto& photo, int height, int width) {
    const std::size_t samples = static_cast<std::size_t>(photo.width) * 3;
    std::vector<double> result, line(samples);
    for (int y = 0; y < height; ++y) {
        const Weights down(photo.height, height, y);
        std::ranges::fill(line, 0.0);
        for (std::size_t k = 0; k < down.values.size(); ++k)
            for (std::size_t i = 0; i < samples; ++i)
                line[i] +=
                    down.values[k] * photo.rgb[(static_cast<std::size_t>(down.first) + k) * samples + i];
        for (int x = 0; x < width; ++x) {
            const Weights along(photo.width, width, x);
            for (std::size_t c = 0; c < 3; ++c) {
                double sum = 0;
                for (std::size_t k = 0; k < along.values.size(); ++k)
                    sum += along.values[k] * line[(static_cast<std::size_t>(along.first) + k) * 3 + c];
                result.push_back(sum);
            }
        }
    }
    return result;
}

}  // namespace

std::string libjpeg_version() {
    constexpr int number = LIBJPEG_TURBO_VERSION_NUMBER;
    return std::to_string(number / 1'000'000) + '.' + std::to_string(number / 1000 % 1000) + '.' +
           std::to_string(number % 1000);
}

void decode_plainly(std::span<const std::byte> jpeg, const Preprocessing& contract, PlainPhoto& photo) {
    jpeg_decompress_struct info;
    jpeg_error_mgr errors;
    info.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&info);
    jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(jpeg.data()), jpeg.size());
    jpeg_read_header(&info, TRUE);
    info.out_color_space = JCS_RGB;
    info.scale_num = eighths_of(info, contract);
    info.scale_denom = 8;
    jpeg_start_decompress(&info);
    photo.width = static_cast<int>(info.output_width);
    photo.height = static_cast<int>(info.output_height);
    const std::size_t row_bytes = std::size_t{info.output_width} * 3;
    photo.rgb.resize(std::max(photo.rgb.size(), row_bytes * info.output_height));
    while (info.output_scanline < info.output_height) {
        JSAMPROW row = photo.rgb.data() + info.output_scanline * row_bytes;
        jpeg_read_scanlines(&info, &row, 1);
    }
    jpeg_finish_decompress(&info);
    jpeg_destroy_decompress(&info);
}

double distance_from_plain(const PlainPhoto& photo, const Preprocessing& contract,
                           std::span<const std::uint8_t> fitted) {
    const int height = contract.height, width = contract.width;
    const bool turn = turned(photo.width, photo.height, contract);
    const std::vector<double> plain = turn ? squash(photo, width, height) : squash(photo, height, width);
    double greatest = 0;
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            // A quarter turn counter-clockwise: rows come from columns, the last first.
            const auto from = static_cast<std::size_t>(turn ? x * height + height - 1 - y : y * width + x);
            const auto to =
                static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x);
            for (std::size_t c = 0; c < 3; ++c)
                greatest = std::max(greatest, std::abs(plain[from * 3 + c] - fitted[to * 3 + c]));
        }
    return greatest;
}

}  // namespace emulsion::bench
