// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Real photos, decoded and resized by us and by Pillow.
#include <fstream>
#include <iterator>

#include "data/encode.h"
#include "data/prepare.h"
#include "data/resize.h"
#include "tests/data/fixtures.h"
#include "tests/data/witness.h"

namespace emulsion::tests {
namespace {

/// Writes the photo's RGB, and after it the photo, its contrast halved, resized to each size with each
/// filter.
constexpr char program[] = R"(
import sys
from PIL import Image
photo = Image.open(sys.argv[1]).convert("RGB")
with open(sys.argv[2], "wb") as out:
    out.write(photo.tobytes())
    photo = photo.point(lambda value: 64 + value // 2)
    for size in sys.argv[3:]:
        for kernel in ("NEAREST", "BILINEAR", "BICUBIC", "LANCZOS"):
            width, height = map(int, size.split("x"))
            out.write(photo.resize((width, height), getattr(Image, kernel)).tobytes())
)";

/// Pillow clips to 0..255 between its two passes, we only at the end. With half the contrast nothing
/// reaches these limits, and the arithmetic can be compared.
Image half_contrast(Image photo) {
    for (std::uint8_t& value : photo.rgb) value = static_cast<std::uint8_t>(64 + value / 2);
    return photo;
}

/// Whether the centre of some new pixel falls exactly between two old ones, so that either is nearest.
bool has_ties(int in, int out) {
    for (int o = 0; o < out; ++o)
        if ((2 * o + 1) * in % (2 * out) == 0) return true;
    return false;
}

class Pillow : public testing::Test {
   protected:
    void SetUp() override {
        if (shared_data().empty()) GTEST_SKIP() << "no photos: set EMULSION_DATA";
        python_ = python_with("PIL");
        if (python_.empty()) GTEST_SKIP() << "no Python with Pillow: set EMULSION_PYTHON";
    }
    std::string python_;
};

TEST_F(Pillow, AgreesOnRealPhotos) {
    using Filter = Preprocessing::Filter;
    const TemporaryFolder folder;
    for (const std::string& name : {std::string("cat.jpg"), std::string("fish-bike.jpg")}) {
        const std::string path = shared_data() + "/squeezenet/" + name, raw = folder.path("raw");
        ASSERT_TRUE(run_python(python_, program, "'" + path + "' '" + raw + "' 256x256 100x37 900x700"));
        std::ifstream file(raw, std::ios::binary);
        const auto next = [&file](int width, int height) {
            Image image{width, height,
                        std::vector<std::uint8_t>(static_cast<std::size_t>(width * height) * 3)};
            file.read(reinterpret_cast<char*>(image.rgb.data()),
                      static_cast<std::streamsize>(image.rgb.size()));
            return image;
        };
        const Image photo = decode_file(path);
        EXPECT_EQ(largest_difference(next(photo.width, photo.height), photo), 0)
            << "both decode with libjpeg-turbo";
        const Image flat = half_contrast(photo);
        for (const auto& [width, height] : {std::pair(256, 256), std::pair(100, 37), std::pair(900, 700)})
            for (const Filter filter :
                 {Filter::nearest, Filter::bilinear, Filter::bicubic, Filter::lanczos}) {
                const Image theirs = next(width, height);
                if (filter == Filter::nearest &&
                    (has_ties(photo.width, width) || has_ties(photo.height, height)))
                    continue;
                // Pillow rounds to 8 bits between its two passes: half a level, times the sum of the second
                // pass's weights without their signs (1, and below 1.5), and its last rounding.
                const int allowed = filter == Filter::nearest ? 0 : filter == Filter::bilinear ? 1 : 2;
                EXPECT_LE(largest_difference(theirs, resize(flat, height, width, filter)), allowed)
                    << name << " " << width << "x" << height << " filter " << static_cast<int>(filter);
            }
        EXPECT_TRUE(file.good() && file.peek() == std::ifstream::traits_type::eof());
    }
}

TEST(RealPhotos, AllDecode) {
    if (shared_data().empty()) GTEST_SKIP() << "no photos: set EMULSION_DATA";
    int photos = 0;
    for (const auto& entry : std::filesystem::directory_iterator(shared_data() + "/oasis/photos")) {
        const Image photo = load_photo(entry.path().string(), Preprocessing{});
        EXPECT_EQ(photo.rgb.size(), 256U * 256U * 3U);
        ++photos;
    }
    EXPECT_EQ(photos, 398);
}

}  // namespace
}  // namespace emulsion::tests
