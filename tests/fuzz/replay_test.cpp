// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Every file of every corpus through its reader: what a fuzzer once found stays found.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/fuzz/support.h"

namespace emulsion::fuzz {
namespace {

std::filesystem::path corpora() {
    return std::filesystem::path(EMULSION_SOURCE_DIR) / "tests/fuzz/corpus";
}

class Replay : public ::testing::TestWithParam<Target> {};

TEST_P(Replay, EndsWellOrInOneLine) {
    std::size_t accepted = 0, files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(corpora() / GetParam().name)) {
        std::ifstream file(entry.path(), std::ios::binary);
        const std::vector<char> content{std::istreambuf_iterator<char>(file), {}};
        try {
            if (accepts(GetParam(), std::as_bytes(std::span(content)))) ++accepted;
        } catch (const std::exception& error) {
            ADD_FAILURE() << entry.path() << ": " << error.what();
        }
        ++files;
    }
    std::printf("%zu files, of which %zu are sound\n", files, accepted);
    EXPECT_GT(accepted, 0U) << "a corpus without a sound file leads a fuzzer nowhere";
}

INSTANTIATE_TEST_SUITE_P(Fuzz, Replay, ::testing::ValuesIn(targets),
                         [](const auto& param_info) { return param_info.param.name; });

TEST(Corpora, EachHasATarget) {
    for (const auto& entry : std::filesystem::directory_iterator(corpora())) {
        EXPECT_TRUE(std::any_of(std::begin(targets), std::end(targets), [&](const Target& each) {
            return entry.path().filename() == each.name;
        })) << entry.path();
    }
}

}  // namespace
}  // namespace emulsion::fuzz
