// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Broken files, wrong settings, and stopping at any moment.
#include <map>
#include <thread>

#include "data/loader.h"
#include "tests/data/fixtures.h"

namespace emulsion::tests {
namespace {

using Broken = std::map<std::string, int>;

class LoaderTrouble : public testing::Test {
   protected:
    LoaderTrouble() {
        options.preprocessing.height = options.preprocessing.width = 16;
        options.preprocessing.crop_height = options.preprocessing.crop_width = 16;
        options.batch = 4;
        options.threads = 2;
        options.on_broken = [this](const std::string& path, const std::string& why) {
            ++told[path];
            EXPECT_EQ(why.find(path + ": "), 0U) << why;
        };
    }
    void add_good(int count) {
        for (int i = 0; i < count; ++i) {
            const std::string name = "good" + std::to_string(samples.size()) + ".jpg";
            samples.push_back({folder.write(name, jpeg_file(smooth_photo(30, 20))), 1});
        }
    }
    void add_broken() {
        Bytes half = jpeg_file(smooth_photo(30, 20));
        half.resize(half.size() / 2);
        samples.push_back({folder.write("half.jpg", half), 1});
        samples.push_back({folder.path("absent.jpg"), 1});
        samples.push_back({folder.write("note.jpg", "no photo at all"), 1});
    }

    TemporaryFolder folder;
    std::vector<Sample> samples;
    LoaderOptions options;
    Broken told;
};

TEST_F(LoaderTrouble, BrokenFilesAreZeroWithoutLabelAndNamedOnce) {
    add_good(5);
    add_broken();
    Loader loader(samples, options);
    int broken = 0;
    for (int i = 0; i < 20; ++i) {  // ten epochs
        const LoadedBatch* batch = loader.next();
        ASSERT_NE(batch, nullptr);
        EXPECT_EQ(batch->valid, 4);
        EXPECT_EQ(std::count(batch->labels.begin(), batch->labels.end(), no_label), batch->broken);
        for (std::size_t slot = 0; slot < 4; ++slot) {
            const auto photo = batch->pixels().subspan(slot * 16 * 16 * 3, 16 * 16 * 3);
            const bool zero = std::all_of(photo.begin(), photo.end(), [](int v) { return v == 0; });
            EXPECT_EQ(zero, batch->labels[slot] == no_label);
        }
        broken += batch->broken;
    }
    EXPECT_EQ(broken, 30);
    EXPECT_EQ(loader.broken_samples(), 3U);
    EXPECT_EQ(
        told,
        (Broken{{folder.path("half.jpg"), 1}, {folder.path("absent.jpg"), 1}, {folder.path("note.jpg"), 1}}));
}

TEST_F(LoaderTrouble, NothingButBrokenFilesIsAnError) {
    add_broken();
    for (const bool repeat : {true, false}) {
        options.repeat = repeat;
        Loader loader(samples, options);
        const std::string message = error_of([&] {
            while (loader.next() != nullptr) {
            }
        });
        EXPECT_EQ(message, "none of the 3 photos can be used; the first is " + samples.front().path);
    }
}

TEST_F(LoaderTrouble, WrongSettingsAreRefused) {
    add_good(1);
    const auto refused = [&](auto change, Error::Kind kind = Error::Kind::usage) {
        LoaderOptions wrong = options;
        std::vector<Sample> some = samples;
        change(wrong, some);
        return error_of([&] { Loader(some, wrong); }, kind);
    };
    refused([](LoaderOptions& o, auto&) { o.batch = 0; });
    refused([](LoaderOptions& o, auto&) { o.threads = 0; });
    refused([](LoaderOptions& o, auto&) { o.prefetch = 0; });
    refused([](LoaderOptions& o, auto&) { o.preprocessing.crop_height = 17; });
    refused([](LoaderOptions&, auto& s) { s.clear(); }, Error::Kind::data);
}

TEST_F(LoaderTrouble, StopsFromAnyState) {
    add_good(40);
    for (int taken = 0; taken < 8; ++taken)
        for (const int threads : {1, 4}) {
            options.threads = threads;
            Loader loader(samples, options);
            for (int i = 0; i < taken; ++i) ASSERT_NE(loader.next(), nullptr);
        }
}

TEST_F(LoaderTrouble, StopsInTheMiddleOfALargePhoto) {
    const Image large = smooth_photo(3000, 2000);
    samples.push_back({folder.write("large.jpg", jpeg_file(large, {.progressive = true})), 0});
    const auto seconds_since = [](auto start) {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    auto start = std::chrono::steady_clock::now();
    { EXPECT_NE(Loader(samples, options).next(), nullptr); }
    const double whole = seconds_since(start);
    auto loader = std::make_unique<Loader>(samples, options);
    std::this_thread::sleep_for(std::chrono::duration<double>(whole / 8));
    start = std::chrono::steady_clock::now();
    loader.reset();
    EXPECT_LT(seconds_since(start), whole / 2);
}

TEST_F(LoaderTrouble, AnExceptionOfTheCallbackPasses) {
    add_good(3);
    add_broken();
    options.on_broken = [](const std::string&, const std::string&) { throw std::runtime_error("enough"); };
    Loader loader(samples, options);
    EXPECT_THROW(
        {
            for (int i = 0; i < 4; ++i) loader.next();
        },
        std::runtime_error);
}

}  // namespace
}  // namespace emulsion::tests
