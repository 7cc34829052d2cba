// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "data/encode.h"

#include "data/base64.h"
#include "data/files.h"
#include "tests/data/fixtures.h"

namespace emulsion::tests {
namespace {

TEST(Encode, JpegComesBack) {
    const Image photo = smooth_photo(75, 50);
    const Bytes halved = encode_jpeg(photo, 95), full = encode_jpeg(photo, 95, Chroma::full);
    EXPECT_LE(largest_difference(decode_photo(full, {}, "full"), photo), 6);
    EXPECT_LE(largest_difference(decode_photo(halved, {}, "halved"), photo), 8);
    EXPECT_LT(encode_jpeg(noise_photo(75, 50, 1), 20).size(), encode_jpeg(noise_photo(75, 50, 1), 90).size());
    EXPECT_LT(encode_jpeg(noise_photo(75, 50, 1), 90).size(),
              encode_jpeg(noise_photo(75, 50, 1), 90, Chroma::full).size());
}

TEST(Encode, FilesAreWhole) {
    const TemporaryFolder folder;
    const Image photo = smooth_photo(40, 30);
    write_jpeg(folder.path("a.jpg"), photo, 95);
    write_jpeg(folder.path("a.jpg"), photo, 90);
    EXPECT_EQ(read_file(folder.path("a.jpg"), 1 << 20), encode_jpeg(photo, 90));
    std::size_t files = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path())) ++files;
    EXPECT_EQ(files, 1U) << "nothing is left beside it";
    error_of([&] { write_jpeg(folder.path("absent/a.jpg"), photo); }, Error::Kind::failure);
}

TEST(Encode, PngComesBackExactly) {
    const Image photo = noise_photo(41, 23, 2);
    EXPECT_EQ(decode_photo(encode_png(photo), {}, "png"), photo);
    EXPECT_EQ(decode_photo(encode_png(smooth_photo(200, 100)), {}, "png"), smooth_photo(200, 100));
}

TEST(Encode, RefusesWhatIsNoImage) {
    for (const Image& image :
         {Image{}, Image{3, 3, {}}, Image{70'000, 1, std::vector<std::uint8_t>(210'000)}}) {
        error_of([&] { encode_jpeg(image); }, Error::Kind::usage);
        if (image.width < 10) error_of([&] { encode_png(image); }, Error::Kind::usage);
    }
    for (const int quality : {0, 101})
        error_of([&] { encode_jpeg(smooth_photo(8, 8), quality); }, Error::Kind::usage);
}

TEST(Base64, FollowsTheStandardsExamples) {
    const auto encoded = [](const std::string& text) { return base64(std::as_bytes(std::span(text))); };
    EXPECT_EQ(encoded(""), "");
    EXPECT_EQ(encoded("f"), "Zg==");
    EXPECT_EQ(encoded("fo"), "Zm8=");
    EXPECT_EQ(encoded("foo"), "Zm9v");
    EXPECT_EQ(encoded("foob"), "Zm9vYg==");
    EXPECT_EQ(encoded("fooba"), "Zm9vYmE=");
    EXPECT_EQ(encoded("foobar"), "Zm9vYmFy");
    EXPECT_EQ(encoded("\xFF\xEF\xBE"), "/+++");
    const std::string text = "foo";
    EXPECT_EQ(data_uri("image/png", std::as_bytes(std::span(text))), "data:image/png;base64,Zm9v");
}

}  // namespace
}  // namespace emulsion::tests
