// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/apps/dataset_fixtures.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>

#include "data/encode.h"
#include "data/list.h"
#include "data/resize.h"
#include "tests/apps/fixtures.h"
#include "tests/apps/training_fixtures.h"

namespace emulsion::test {

namespace fs = std::filesystem;

std::string slurp(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::map<std::string, std::string> files_of(const std::string& folder) {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file() && entry.path().filename() != "photos.cache")
            files[entry.path().lexically_relative(folder).string()] = slurp(entry.path().string());
    return files;
}

Outcome build(const std::string& metadata, const std::string& out, const std::vector<std::string>& more) {
    std::vector<std::string> words = {"dataset", "build", "--metadata", metadata,
                                      "--out",   out,     "--threads",  "2"};
    words.insert(words.end(), more.begin(), more.end());
    return run_emulsion(words);
}

Image picture(unsigned seed, int width, int height) {
    std::mt19937 random(seed);
    Image small{9, 6, std::vector<std::uint8_t>(9 * 6 * 3)};
    for (std::uint8_t& v : small.rgb) v = static_cast<std::uint8_t>(random());
    return resize(small, height, width, Preprocessing::Filter::bicubic);
}

PhotoFolder::PhotoFolder(int width, int height) {
    fs::create_directories(folder_ / "photos/sub");
    std::string table = "id,views,upload_time\n";
    for (int i = 0; i < photos; ++i) {
        const std::string path =
            folder_ / (i % 3 == 0 ? "photos/sub/" : "photos/") + std::to_string(1000 + i) + ".jpg";
        const int original = original_of(i);
        const Image photo = picture(static_cast<unsigned>(original), width, height);
        if (original == i || i % 3 == 0) {
            write_jpeg(path, photo, 90);
        } else if (i % 3 == 1) {
            write_jpeg(path, photo, 30);
        } else {
            write_jpeg(path, resize(photo, height / 2, width / 2, Preprocessing::Filter::area), 90);
        }
        table += std::to_string(1000 + i) + "," + std::to_string(100000 - i * 600) + ",1400000000\n";
    }
    write_text(folder_ / "m.csv", table);
}

Outcome PhotoFolder::build(const std::string& out, std::vector<std::string> more) const {
    more.insert(more.end(), {"--photos", folder_ / "photos", "--top", "50", "--bottom", "50"});
    return test::build(folder_ / "m.csv", folder_ / out, more);
}

int PhotoFolder::divided(const std::string& out) const {
    std::map<int, std::set<std::string>> parts;
    std::size_t count = 0;
    for (const char* part : {"train", "val", "test"}) {
        for (const Sample& sample : read_list(folder_ / out + "/" + part + ".txt")) {
            EXPECT_TRUE(fs::exists(sample.path)) << sample.path;
            parts[original_of(std::stoi(fs::path(sample.path).stem().string()) - 1000)].insert(part);
            ++count;
        }
    }
    EXPECT_EQ(count, static_cast<std::size_t>(photos));
    return static_cast<int>(
        std::count_if(parts.begin(), parts.end(), [](const auto& p) { return p.second.size() > 1; }));
}

}  // namespace emulsion::test
