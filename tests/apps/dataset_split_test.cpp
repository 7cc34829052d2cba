// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Which photos `emulsion dataset build` learns from and which it holds out.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "data/list.h"
#include "tests/apps/dataset_fixtures.h"
#include "tests/apps/fixtures.h"

namespace emulsion::test {
namespace {

namespace fs = std::filesystem;

TEST(DatasetBuild, KeepsCopiesTogether) {
    const PhotoFolder photos;
    const Outcome plain = photos.build("plain"), grouped = photos.build("grouped", {"--split", "grouped"});
    ASSERT_EQ(plain.exit_code, 0) << plain.err;
    ASSERT_EQ(grouped.exit_code, 0) << grouped.err;
    EXPECT_GE(photos.divided("plain"), 4) << "the planted copies lie across the author's split";
    EXPECT_EQ(photos.divided("grouped"), 0);
    const auto account = nlohmann::json::parse(slurp(photos / "grouped/dataset.json"));
    EXPECT_EQ(account["divided_sets"], 0);
    EXPECT_EQ(account["problems"]["duplicate"].get<int>() + account["problems"]["near-duplicate"].get<int>(),
              20);
    EXPECT_GE(account["problems"]["duplicate"], 5);
    EXPECT_EQ(nlohmann::json::parse(slurp(photos / "plain/dataset.json"))["divided_sets"],
              photos.divided("plain"));
    EXPECT_NE(photos.build("other", {"--split", "grouped", "--seed", "2"}).out, "");
    EXPECT_NE(slurp(photos / "other/train.txt"), slurp(photos / "grouped/train.txt"));
}

TEST(DatasetBuild, HoldsEachPhotoOutInOneFold) {
    const PhotoFolder photos;
    ASSERT_EQ(photos.build("folds", {"--split", "grouped", "--folds", "4"}).exit_code, 0);
    std::map<std::string, int> fold_of;          // of each file
    std::map<int, std::set<int>> folds_of_look;  // of each picture
    for (int fold = 1; fold <= 4; ++fold) {
        const std::string folder = photos / ("folds/fold-" + std::to_string(fold));
        const auto held_out = read_list(folder + "/test.txt"), learnt = read_list(folder + "/train.txt");
        EXPECT_NEAR(static_cast<double>(held_out.size()), PhotoFolder::photos / 4, 3);
        std::set<std::string> all;
        for (const Sample& sample : held_out) {
            EXPECT_TRUE(fold_of.emplace(fs::canonical(sample.path), fold).second) << sample.path;
            folds_of_look[PhotoFolder::original_of(std::stoi(fs::path(sample.path).stem().string()) - 1000)]
                .insert(fold);
            all.insert(fs::canonical(sample.path));
        }
        for (const Sample& sample : learnt) EXPECT_TRUE(all.insert(fs::canonical(sample.path)).second);
        EXPECT_EQ(all.size(), static_cast<std::size_t>(PhotoFolder::photos));
    }
    for (const auto& [look, folds] : folds_of_look) EXPECT_EQ(folds.size(), 1U) << look;
    EXPECT_EQ(nlohmann::json::parse(slurp(photos / "folds/dataset.json"))["divided_sets"], 0);
    const Outcome few = photos.build("few", {"--split", "grouped", "--folds", "100"});
    EXPECT_EQ(few.exit_code, 4);
    EXPECT_EQ(std::count(few.err.begin(), few.err.end(), '\n'), 1) << few.err;
    for (const std::vector<std::string>& wrong : {std::vector<std::string>{"--folds", "4"},
                                                  {"--split", "grouped", "--folds", "1"},
                                                  {"--split", "grouped", "--folds", "4", "--lmdb"}})
        EXPECT_EQ(photos.build("wrong", wrong).exit_code, 2);
}

TEST(DatasetBuild, LeavesNothingOfAFormerSet) {
    const PhotoFolder photos;
    ASSERT_EQ(photos.build("set", {"--split", "grouped", "--folds", "3"}).exit_code, 0);
    ASSERT_EQ(photos.build("set", {"--split", "grouped", "--folds", "2"}).exit_code, 0);
    EXPECT_TRUE(fs::exists(photos / "set/fold-2/test.txt"));
    EXPECT_FALSE(fs::exists(photos / "set/fold-3"));
    ASSERT_EQ(photos.build("set", {"--lmdb"}).exit_code, 0);
    EXPECT_FALSE(fs::exists(photos / "set/fold-1"));
    EXPECT_TRUE(fs::exists(photos / "set/train.lmdb/data.mdb"));
    ASSERT_EQ(photos.build("set").exit_code, 0);
    EXPECT_FALSE(fs::exists(photos / "set/train.lmdb"));
    EXPECT_TRUE(fs::exists(photos / "set/test.txt"));
}

// "link/.." is where the link leads, not where it lies.
TEST(DatasetBuild, ListsOfALinkedFolderFindThePhotos) {
    const PhotoFolder photos;
    const TemporaryFolder elsewhere;
    fs::create_directories(elsewhere / "deep/er");
    fs::create_directory_symlink(elsewhere / "deep/er", photos / "link");
    for (const bool folds : {false, true}) {
        ASSERT_EQ(photos
                      .build("link", folds ? std::vector<std::string>{"--split", "grouped", "--folds", "2"}
                                           : std::vector<std::string>{})
                      .exit_code,
                  0);
        const std::string list = photos / (folds ? "link/fold-2/train.txt" : "link/train.txt");
        for (const Sample& sample : read_list(list)) EXPECT_TRUE(fs::exists(sample.path)) << sample.path;
    }
}

TEST(DatasetBuild, KeepsAnOwnersPhotosTogether) {
    const TemporaryFolder folder;
    std::string table = "id,views,upload_time,owner\n";
    for (int i = 0; i < 400; ++i)
        table += std::to_string(i) + "," + std::to_string(i * i) + ",1400000000," +
                 (i % 5 == 0 ? "" : "owner " + std::to_string(i * 37 % 60)) + "\n";
    write_text(folder / "m.csv", table);
    for (const bool grouped : {false, true}) {
        ASSERT_EQ(build(folder / "m.csv", folder / "set", {"--split", grouped ? "grouped" : "alternating"})
                      .exit_code,
                  0);
        std::map<int, std::set<std::string>> parts;
        std::set<std::string> without_owner;
        for (const char* part : {"train", "val", "test"})
            for (const Sample& sample : read_list(folder / "set/" + part + ".txt")) {
                const int id = std::stoi(fs::path(sample.path).stem().string());
                (id % 5 != 0 ? parts[id * 37 % 60] : without_owner).insert(part);
            }
        EXPECT_EQ(without_owner.size(), 3U) << "they belong to nobody, not to one";
        const auto divided =
            std::count_if(parts.begin(), parts.end(), [](const auto& p) { return p.second.size() > 1; });
        if (grouped) {
            EXPECT_EQ(divided, 0);
        } else {
            EXPECT_GT(divided, 10);
        }
    }
}

}  // namespace
}  // namespace emulsion::test
