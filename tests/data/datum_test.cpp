// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Datum against bytes put together by hand, and photos that lie in databases.
#include "data/datum.h"

#include "data/encode.h"
#include "data/list.h"
#include "data/lmdb.h"
#include "data/loader.h"
#include "data/prepare.h"
#include "tests/data/fixtures.h"

namespace emulsion::tests {
namespace {

/// A photo of 2x1: (1, 2, 3) and (4, 5, 6) as R, G, B; label 300. What protocol buffers make of it.
const Bytes by_hand = [] {
    Bytes bytes;
    for (const int b : {0x08, 3, 0x10, 1, 0x18, 2, 0x22, 6, 3, 6, 2, 5, 1, 4, 0x28, 0xAC, 0x02, 0x38, 0})
        bytes.push_back(static_cast<std::byte>(b));
    return bytes;
}();
const Image small{2, 1, {1, 2, 3, 4, 5, 6}};

TEST(Datum, IsAsCaffeWritesIt) {
    EXPECT_EQ(raw_datum(small, 300), by_hand);
    const Datum datum = read_datum(by_hand, "x");
    EXPECT_EQ(datum.label, 300);
    EXPECT_FALSE(datum.encoded);
    EXPECT_EQ(photo_of(datum, {}, "x"), small);
}

TEST(Datum, HoldsFilesAndGreyAndForeignFields) {
    const Image photo = smooth_photo(20, 10);
    const Bytes file = encode_jpeg(photo);
    const Bytes bytes = encoded_datum(file, 1);
    const Datum datum = read_datum(bytes, "x");
    EXPECT_TRUE(datum.encoded);
    EXPECT_TRUE(std::ranges::equal(datum.data, file));
    EXPECT_EQ(photo_of(datum, {}, "x"), decode_photo(file, {}, "x"));
    Bytes grey;  // 1x1x2, and field 9, which Caffe does not know
    for (const int b : {0x08, 1, 0x10, 1, 0x18, 2, 0x22, 2, 7, 9, 0x48, 1})
        grey.push_back(static_cast<std::byte>(b));
    EXPECT_EQ(photo_of(read_datum(grey, "x"), {}, "x"), (Image{2, 1, {7, 7, 7, 9, 9, 9}}));
}

TEST(Datum, RefusesLies) {
    const auto complaint = [](const std::vector<int>& values) {
        Bytes bytes;
        for (const int b : values) bytes.push_back(static_cast<std::byte>(b));
        return error_of([&] { photo_of(read_datum(bytes, "db/key\n"), {}, "db/key\n"); });
    };
    const auto has = [](const std::string& text, const std::string& words) {
        EXPECT_NE(text.find(words), std::string::npos) << text;
        EXPECT_NE(text.find("db/key"), std::string::npos) << text;
    };
    has(complaint({0x08, 3, 0x10, 1, 0x18, 2, 0x22, 5, 1, 2, 3, 4, 5}), "3x1x2 with 5 bytes");
    has(complaint({0x08, 3, 0x10, 0, 0x18, 2}), "3x0x2");
    has(complaint({0x08, 3, 0x10, 0x80, 0x80, 0x80, 0x80, 0x10, 0x18, 2, 0x22, 0}), "with 0 bytes");
    has(complaint({0x08, 2, 0x10, 1, 0x18, 1, 0x22, 2, 1, 2}), "1 or 3 channels");
    has(complaint({0x08, 1, 0x10, 1, 0x18, 1, 0x35, 0, 0, 0x80, 0x3F}), "floats");
    has(complaint({0x38, 1}), "with 0 bytes");
    has(complaint({0x22, 0x7F, 1}), "byte");
    has(complaint({0x22, 3, 1, 2, 3, 0x38, 1}), "only JPEG");
}

TEST(Datum, KeysAreCaffes) {
    EXPECT_EQ(datum_key(12, "a/b.jpg"), "00000012_a/b.jpg");
    EXPECT_EQ(datum_key(123456789, "x"), "123456789_x");
    const std::string key = datum_key(3, std::string(600, 'd') + "/end.jpg");
    EXPECT_EQ(key.size(), 511U);
    EXPECT_TRUE(key.starts_with("00000003_d") && key.ends_with("d/end.jpg"));
}

/// A database of raw and encoded photos, and the photos.
std::vector<Image> write_database(const std::string& path, int photos) {
    std::vector<Image> all;
    LmdbWriter writer(path);
    for (int i = 0; i < photos; ++i) {
        const Image photo = noise_photo(30 + i, 20, static_cast<std::uint32_t>(i));
        const Bytes file = encode_png(photo);
        writer.put(datum_key(static_cast<std::size_t>(i), "p.png"),
                   i % 2 == 0 ? raw_datum(photo, i) : encoded_datum(file, i));
        all.push_back(photo);
    }
    writer.commit();
    return all;
}

TEST(DatabaseOfPhotos, IsAListToTheLoader) {
    const TemporaryFolder folder;
    const std::vector<Image> photos = write_database(folder.path("db"), 7);
    const std::vector<Sample> samples = read_list(folder.path("db"));
    ASSERT_EQ(samples.size(), 7U);
    EXPECT_EQ(samples[3].path, folder.path("db/00000003_p.png"));
    EXPECT_EQ(max_label(samples), 6);
    LoaderOptions options;
    options.preprocessing.height = options.preprocessing.width = 16;
    options.preprocessing.crop_height = options.preprocessing.crop_width = 16;
    options.batch = 4;
    options.repeat = options.shuffle = false;
    options.threads = 2;
    Loader loader(samples, options);
    std::size_t seen = 0;
    while (const LoadedBatch* batch = loader.next()) {
        EXPECT_EQ(batch->broken, 0);
        for (int slot = 0; slot < batch->valid; ++slot, ++seen) {
            EXPECT_EQ(batch->labels[static_cast<std::size_t>(slot)], static_cast<int>(seen));
            const Image expected = fit_photo(photos[seen], options.preprocessing);
            LoadedBatch copy = *batch;
            EXPECT_TRUE(std::ranges::equal(copy.photo(slot), expected.rgb)) << seen;
        }
    }
    EXPECT_EQ(seen, 7U);
}

TEST(DatabaseOfPhotos, IsRefusedInOneLine) {
    const TemporaryFolder folder;
    { LmdbWriter(folder.path("empty")).commit(); }
    EXPECT_NE(error_of([&] { read_list(folder.path("empty")); }).find("empty database"), std::string::npos);
    LmdbWriter writer(folder.path("bad"));
    writer.put("00000000_a", raw_datum(small, -1));
    writer.commit();
    EXPECT_NE(error_of([&] { read_list(folder.path("bad")); }).find("label of -1"), std::string::npos);
}

}  // namespace
}  // namespace emulsion::tests
