// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/data/fixtures.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <random>

#include "tests/shared_data.h"

namespace emulsion::tests {

Image smooth_photo(int width, int height) {
    Image image{width, height, {}};
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            const double u = (x + 0.5) / width, v = (y + 0.5) / height;
            image.rgb.push_back(static_cast<std::uint8_t>(20 + 200 * u * u));
            image.rgb.push_back(static_cast<std::uint8_t>(30 + 180 * v));
            image.rgb.push_back(static_cast<std::uint8_t>(220 - 150 * u * v - 40 * v * v));
        }
    return image;
}

Image noise_photo(int width, int height, std::uint32_t seed) {
    Image image{width, height, std::vector<std::uint8_t>(static_cast<std::size_t>(width * height) * 3)};
    std::mt19937 random(seed);
    for (std::uint8_t& value : image.rgb) value = static_cast<std::uint8_t>(random() >> 24);
    return image;
}

int largest_difference(const Image& a, const Image& b) {
    if (a.width != b.width || a.height != b.height || a.rgb.size() != b.rgb.size()) return 256;
    int largest = 0;
    for (std::size_t i = 0; i < a.rgb.size(); ++i)
        largest = std::max(largest, std::abs(int{a.rgb[i]} - int{b.rgb[i]}));
    return largest;
}

std::vector<int> pixel(const Image& image, int x, int y) {
    const std::uint8_t* rgb = image.rgb.data() + static_cast<std::size_t>(y) * image.row_bytes() + 3 * x;
    return {rgb[0], rgb[1], rgb[2]};
}

std::string error_of(const std::function<void()>& act, Error::Kind kind) {
    try {
        act();
    } catch (const Error& error) {
        const std::string message = error.what();
        EXPECT_EQ(error.kind(), kind) << message;
        EXPECT_EQ(message.find('\n'), message.npos) << message;
        EXPECT_FALSE(message.empty());
        return message;
    }
    ADD_FAILURE() << "no error";
    return "";
}

std::string TemporaryFolder::write(const std::string& name, std::span<const std::byte> bytes) const {
    const std::filesystem::path file = *this / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return file.string();
}

std::string TemporaryFolder::write(const std::string& name, const std::string& text) const {
    return write(name, std::as_bytes(std::span(text)));
}

std::string shared_data() {
    const std::string folder = test::shared_data();
    return std::filesystem::is_directory(folder) ? folder : "";
}

void append(Bytes& to, const std::string& text) {
    for (const char c : text) to.push_back(static_cast<std::byte>(c));
}

void append(Bytes& to, std::span<const std::uint8_t> bytes) {
    for (const std::uint8_t b : bytes) to.push_back(std::byte{b});
}

void append_big_endian(Bytes& to, std::uint32_t value, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) to.push_back(static_cast<std::byte>(value >> (8 * i)));
}

void append_little_endian(Bytes& to, std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) to.push_back(static_cast<std::byte>(value >> (8 * i)));
}

Bytes exif(int orientation) {
    Bytes tiff;
    append(tiff, "MM");
    append_big_endian(tiff, 42, 2);
    append_big_endian(tiff, 8, 4);  // the first directory
    append_big_endian(tiff, 1, 2);  // its one entry:
    append_big_endian(tiff, 0x0112, 2);
    append_big_endian(tiff, 3, 2);  // a 16-bit number
    append_big_endian(tiff, 1, 4);
    append_big_endian(tiff, static_cast<std::uint32_t>(orientation), 2);
    append_big_endian(tiff, 0, 2);
    append_big_endian(tiff, 0, 4);  // no further directory
    return tiff;
}

}  // namespace emulsion::tests
