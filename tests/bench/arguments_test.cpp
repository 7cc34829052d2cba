// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "bench/arguments.h"

#include <gtest/gtest.h>

#include "emulsion/error.h"

namespace emulsion::bench {
namespace {

struct Line {
    explicit Line(std::vector<std::string> given) : words(std::move(given)) {
        for (std::string& word : words) pointers.push_back(word.data());
        argc = static_cast<int>(pointers.size());
    }
    Arguments take() { return take_arguments(argc, pointers.data(), {}); }

    std::vector<std::string> words;
    std::vector<char*> pointers;
    int argc = 0;
};

TEST(BenchArguments, OursAreTakenAndTheRestStays) {
    Line line({"bench", "--device", "emulated", "--benchmark_filter=conv", "--batches=1,50", "--hot",
               "--nets", "photo", "--precision=bf16", "--seconds", "0.5", "--cudnn", "/a/folder"});
    const Arguments taken = line.take();
    EXPECT_EQ(taken.device, "emulated");
    EXPECT_EQ(taken.batches, (std::vector<int>{1, 50}));
    EXPECT_EQ(taken.nets, std::vector<std::string>{"photo"});
    EXPECT_EQ(taken.precisions, std::vector<std::string>{"bf16"});
    EXPECT_EQ(taken.seconds, 0.5);
    EXPECT_EQ(taken.libraries, (std::map<std::string, std::string>{{"cudnn", "/a/folder"}}));
    EXPECT_TRUE(taken.hot);
    EXPECT_FALSE(taken.list);
    ASSERT_EQ(line.argc, 2);
    EXPECT_STREQ(line.pointers[1], "--benchmark_filter=conv");
}

TEST(BenchArguments, ListingIsNoticedAndLeft) {
    Line line({"bench", "--benchmark_list_tests"});
    EXPECT_TRUE(line.take().list);
    EXPECT_EQ(line.argc, 2);
}

TEST(BenchArguments, NonsenseIsRefused) {
    const std::vector<std::vector<std::string>> lines = {
        {"bench", "--threads", "-1"},   {"bench", "--batches", "1,x"}, {"bench", "--batches", "0"},
        {"bench", "--seconds", "nan"},  {"bench", "--seconds", "-1"},  {"bench", "--nets", ","},
        {"bench", "--threads", "2two"}, {"bench", "--device"}};
    for (const auto& words : lines) {
        Line line(words);
        EXPECT_THROW(line.take(), Error) << words[1];
    }
}

}  // namespace
}  // namespace emulsion::bench
