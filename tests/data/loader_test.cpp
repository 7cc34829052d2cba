// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What the loader delivers when all goes well.
#include "data/loader.h"

#include <cstring>

#include "data/prepare.h"
#include "tests/data/fixtures.h"

namespace emulsion::tests {
namespace {

/// What a batch held, copied out of its buffers.
struct Delivered {
    std::uint64_t index;
    std::vector<std::uint8_t> pixels;
    std::vector<std::int32_t> labels;
    std::vector<Crop> crops;
    int valid, broken;
    bool operator==(const Delivered&) const = default;
};

Delivered copy(const LoadedBatch& batch) {
    return {batch.index,  {batch.pixels().begin(), batch.pixels().end()},
            batch.labels, batch.crops,
            batch.valid,  batch.broken};
}

class LoaderTest : public testing::Test {
   protected:
    static constexpr int count = 23;

    LoaderTest() {
        for (int i = 0; i < count; ++i) {
            const std::string name = std::to_string(i) + ".jpg";
            samples.push_back(
                {folder.write(name, jpeg_file(noise_photo(40 + i, 30, static_cast<std::uint32_t>(i)))), i});
        }
        options.preprocessing.height = 20;
        options.preprocessing.width = 24;
        options.preprocessing.crop_height = 16;
        options.preprocessing.crop_width = 16;
        options.batch = 5;
        options.seed = 42;
    }

    std::vector<Delivered> deliver(int batches, const LoaderOptions& with) const {
        Loader loader(samples, with);
        std::vector<Delivered> all;
        for (int i = 0; i < batches; ++i) {
            const LoadedBatch* batch = loader.next();
            if (batch == nullptr) break;
            EXPECT_EQ(reinterpret_cast<std::uintptr_t>(batch->pixels().data()) % 64, 0U);
            all.push_back(copy(*batch));
        }
        return all;
    }

    TemporaryFolder folder;
    std::vector<Sample> samples;
    LoaderOptions options;
};

TEST_F(LoaderTest, HoldsTheFittedPhotosInTheOrderOfTheStream) {
    SampleOrder order(count, options.seed, true);
    options.random_crop = options.mirror = true;
    for (const Delivered& batch : deliver(10, options))
        for (std::size_t slot = 0; slot < 5; ++slot) {
            const std::uint64_t place = batch.index * 5 + slot;
            const Sample& sample = samples[order.at(place)];
            EXPECT_EQ(batch.labels[slot], sample.label);
            EXPECT_EQ(batch.crops[slot], crop_at(place, options.seed, options.preprocessing, true, true));
            const Image photo = load_photo(sample.path, options.preprocessing);
            ASSERT_EQ(std::memcmp(batch.pixels.data() + slot * photo.rgb.size(), photo.rgb.data(),
                                  photo.rgb.size()),
                      0);
        }
}

TEST_F(LoaderTest, IsTheSameForAnyNumberOfThreads) {
    options.random_crop = options.mirror = true;
    const std::vector<Delivered> one = deliver(14, options);
    ASSERT_EQ(one.size(), 14U);
    for (const int threads : {2, 5})
        for (const int prefetch : {1, 4}) {
            LoaderOptions many = options;
            many.threads = threads;
            many.prefetch = prefetch;
            EXPECT_EQ(deliver(14, many), one) << threads << " threads, " << prefetch << " ahead";
        }
}

TEST_F(LoaderTest, ResumesAtAnyBatch) {
    options.threads = 2;
    options.random_crop = options.mirror = true;
    const std::vector<Delivered> whole = deliver(14, options);
    for (const std::uint64_t first : {1U, 4U, 5U, 11U}) {
        LoaderOptions resumed = options;
        resumed.first_batch = first;
        const std::vector<Delivered> rest = deliver(static_cast<int>(14 - first), resumed);
        EXPECT_EQ(rest, std::vector(whole.begin() + static_cast<long>(first), whole.end()))
            << "from " << first;
    }
}

TEST_F(LoaderTest, PassesOnceInOrder) {
    options.repeat = options.shuffle = false;
    options.threads = 3;
    const std::vector<Delivered> pass = deliver(100, options);
    ASSERT_EQ(pass.size(), 5U);
    EXPECT_EQ(pass[0].labels, (std::vector<std::int32_t>{0, 1, 2, 3, 4}));
    EXPECT_EQ(pass[4].labels, (std::vector<std::int32_t>{20, 21, 22, no_label, no_label}));
    EXPECT_EQ(pass[3].valid, 5);
    EXPECT_EQ(pass[4].valid, 3);
    EXPECT_EQ(pass[4].broken, 0);
    const std::size_t photo = 20 * 24 * 3;
    EXPECT_EQ(std::count(pass[4].pixels.begin() + 3 * photo, pass[4].pixels.end(), 0),
              2 * static_cast<long>(photo));

    options.first_batch = 3;
    const std::vector<Delivered> rest = deliver(100, options);
    EXPECT_EQ(rest, std::vector(pass.begin() + 3, pass.end()));
    options.first_batch = 5;
    EXPECT_TRUE(deliver(100, options).empty());
    options.first_batch = 500;
    EXPECT_TRUE(deliver(100, options).empty());
}

TEST_F(LoaderTest, RepeatsInOrder) {
    options.shuffle = false;
    const std::vector<Delivered> batches = deliver(10, options);
    ASSERT_EQ(batches.size(), 10U);
    EXPECT_EQ(batches[4].labels, (std::vector<std::int32_t>{20, 21, 22, 0, 1}));
    EXPECT_EQ(batches[5].labels, (std::vector<std::int32_t>{2, 3, 4, 5, 6}));
}

TEST_F(LoaderTest, StaysAtTheEnd) {
    options.repeat = options.shuffle = false;
    Loader loader(samples, options);
    EXPECT_EQ(loader.batches_per_epoch(), 5U);
    while (loader.next() != nullptr) {
    }
    EXPECT_EQ(loader.next(), nullptr);
}

TEST_F(LoaderTest, BatchesLargerThanTheSetSpanEpochs) {
    samples.resize(3);
    options.batch = 8;
    options.threads = 2;
    const std::vector<Delivered> batches = deliver(3, options);
    std::vector<std::int32_t> labels;
    for (const Delivered& batch : batches)
        labels.insert(labels.end(), batch.labels.begin(), batch.labels.end());
    for (std::size_t epoch = 0; epoch < 8; ++epoch) {
        std::vector<std::int32_t> three(labels.begin() + 3 * static_cast<long>(epoch),
                                        labels.begin() + 3 * static_cast<long>(epoch) + 3);
        std::sort(three.begin(), three.end());
        EXPECT_EQ(three, (std::vector<std::int32_t>{0, 1, 2}));
    }
}

TEST_F(LoaderTest, ReusesItsBuffers) {
    options.prefetch = 2;
    Loader loader(samples, options);
    std::vector<const std::uint8_t*> seen;
    for (int i = 0; i < 12; ++i) seen.push_back(loader.next()->pixels().data());
    for (std::size_t i = 3; i < seen.size(); ++i) EXPECT_EQ(seen[i], seen[i - 3]);
}

TEST_F(LoaderTest, CacheChangesNothingButTheReading) {
    options.threads = 2;
    const std::vector<Delivered> plain = deliver(14, options);
    for (const std::size_t photos : {1, 7, 100}) {
        LoaderOptions cached = options;
        cached.cache_bytes = photos * 20 * 24 * 3;
        EXPECT_EQ(deliver(14, cached), plain) << "room for " << photos;
    }
}

TEST_F(LoaderTest, CachedPhotosAreNotReadAgain) {
    options.cache_bytes = 1 << 20;
    Loader loader(samples, options);
    for (int i = 0; i < 10; ++i) ASSERT_NE(loader.next(), nullptr);
    for (const Sample& sample : samples) std::filesystem::remove(sample.path);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(loader.next()->broken, 0);
}

}  // namespace
}  // namespace emulsion::tests
