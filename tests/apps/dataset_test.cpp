// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// `emulsion dataset` and `emulsion pack` as users meet them, against plain loops.
#include <gtest/gtest.h>

#include <emulsion/import.h>
#include <algorithm>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <thread>

#include "data/decode.h"
#include "data/encode.h"
#include "data/list.h"
#include "data/lmdb.h"
#include "data/resize.h"
#include "engine/formats/readers.h"
#include "tests/apps/child.h"
#include "tests/apps/fixtures.h"
#include "tests/apps/training_fixtures.h"

namespace emulsion::test {
namespace {

namespace fs = std::filesystem;

std::string slurp(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// Every file of a data set but the cache, by name.
std::map<std::string, std::string> files_of(const std::string& folder) {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file() && entry.path().filename() != "photos.cache")
            files[entry.path().lexically_relative(folder).string()] = slurp(entry.path().string());
    return files;
}

Outcome build(const std::string& metadata, const std::string& out,
              const std::vector<std::string>& more = {}) {
    std::vector<std::string> words = {"dataset", "build", "--metadata", metadata,
                                      "--out",   out,     "--threads",  "2"};
    words.insert(words.end(), more.begin(), more.end());
    return run_emulsion(words);
}

struct Line {
    long id, views, time;
    double score = 0;
};

std::vector<Line> random_lines(int count, unsigned seed) {
    std::mt19937 random(seed);
    std::vector<Line> lines;
    for (int i = 0; i < count; ++i)  // few different views, so that many scores are equal
        lines.push_back({1000 + i * 7, static_cast<long>(random() % 40),
                         1400000000 - static_cast<long>(random() % 9) * 86400});
    return lines;
}

std::string as_text(const std::vector<Line>& lines) {
    std::string text;
    for (const Line& l : lines)
        text += std::to_string(l.id) + ",0," + std::to_string(l.views) + ",240,160," +
                std::to_string(l.time) + "\n";
    return text;
}

/// What the paper does, step by step.
std::array<std::string, 3> lists_by_the_paper(std::vector<Line> lines, std::size_t percent) {
    long newest = 0;
    for (const Line& l : lines) newest = std::max(newest, l.time);
    for (Line& l : lines) {
        const double days = std::max(1.0, static_cast<double>(newest - l.time) / 86400);
        l.score = std::log2((static_cast<double>(l.views) + 1) / days);
    }
    std::sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) {
        return a.score != b.score ? a.score > b.score : a.id < b.id;
    });
    std::array<std::string, 3> lists;
    const std::size_t each = lines.size() * percent / 100;
    for (std::size_t p = 0; p < 2 * each; ++p) {
        const Line& l = p % 2 == 0 ? lines[p / 2] : lines[lines.size() - 1 - p / 2];
        lists[p % 16 < 12   ? 0
              : p % 16 < 14 ? 1
                            : 2] += std::to_string(l.id) + ".jpg " + (p % 2 == 0 ? "1\n" : "0\n");
    }
    return lists;
}

TEST(DatasetBuild, DoesWhatThePaperDid) {
    const TemporaryFolder folder;
    std::vector<Line> lines = random_lines(1003, 1);
    write_text(folder / "m.txt", as_text(lines));
    const Outcome outcome = build(folder / "m.txt", folder / "set");
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const auto expected = lists_by_the_paper(lines, 20);
    const char* names[] = {"train", "val", "test"};
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(slurp(folder / "set/" + names[i] + ".txt"), expected[i]);
    const auto account = nlohmann::json::parse(slurp(folder / "set/dataset.json"));
    EXPECT_EQ(account["as_of"], 1400000000);
    EXPECT_EQ(account["good"], 200);
    // The order of lines has no say, nor has the form.
    std::shuffle(lines.begin(), lines.end(), std::mt19937(2));
    std::string table = "views,id,upload_time\r\n";
    for (const Line& l : lines)
        table +=
            std::to_string(l.views) + ",\"" + std::to_string(l.id) + "\"," + std::to_string(l.time) + "\r\n";
    write_text(folder / "m.csv", table);
    ASSERT_EQ(build(folder / "m.csv", folder / "again").exit_code, 0);
    for (const char* name : {"train.txt", "val.csv", "test.csv", "problems.csv"})
        EXPECT_EQ(slurp(folder / "again/" + name), slurp(folder / "set/" + name)) << name;
}

TEST(DatasetBuild, CountsAndNamesWhatIsWrong) {
    const TemporaryFolder folder;
    write_text(folder / "m.csv",
               as_text(random_lines(50, 3)) + "x,1,1,1,1,1\n7,1\n1000,0,999,240,160,1400000000\n");
    const Outcome outcome = build(folder / "m.csv", folder / "set", {"--as-of", "2014-06-01"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_NE(outcome.out.find("m.csv:52: 2 fields"), std::string::npos) << outcome.out;
    const std::string problems = slurp(folder / "set/problems.csv");
    EXPECT_NE(problems.find("repeated id,,1000,"), std::string::npos) << problems;
    const auto account = nlohmann::json::parse(slurp(folder / "set/dataset.json"));
    EXPECT_EQ(account["as_of"], 1401580800);
    EXPECT_EQ(account["ranked"], 51) << "x is an id, too";
    EXPECT_NE(slurp(folder / "set/train.csv").find(",1000,0\n"), std::string::npos)
        << "the better of two lines is the best photo";
}

TEST(DatasetBuild, TellsWhereGoodAndBadEnd) {
    const TemporaryFolder folder;
    std::string table = "id,beauty,width\n";
    for (int i = 0; i < 1000; ++i)
        table += std::to_string(i) + "," + std::to_string(i) + "," + std::to_string(100 + i % 2) + "\n";
    write_text(folder / "m.csv", table);
    const auto account = [&](const std::vector<std::string>& more) {
        std::vector<std::string> words = {"--score", "beauty"};
        words.insert(words.end(), more.begin(), more.end());
        EXPECT_EQ(build(folder / "m.csv", folder / "set", words).exit_code, 0);
        return nlohmann::json::parse(slurp(folder / "set/dataset.json"));
    };
    // 32.3% of 1,000 is 323, though not quite so in binary.
    auto said = account({"--top", "32.3", "--bottom", "10"});
    EXPECT_EQ(said["good"], 323);
    EXPECT_EQ(said["lowest_good_score"], 677);
    EXPECT_EQ(said["bad"], 100);
    EXPECT_EQ(said["highest_bad_score"], 99);
    said = account({"--min-width", "101"});
    EXPECT_EQ(said["ranked"], 500) << "as wide as asked for is wide enough";
    EXPECT_EQ(said["below_resolution"], 500);
}

TEST(DatasetBuild, OfSeveralFilesWithAnIdTakesTheFirstByItsPath) {
    const TemporaryFolder folder;
    std::string table = "id,beauty\n";
    for (const char* below : {"photos/c", "photos/a", "photos/b"}) fs::create_directories(folder / below);
    for (int i = 10; i < 30; ++i) {
        table += std::to_string(i) + "," + std::to_string(i) + "\n";
        for (const char* below : {"photos/c/", "photos/a/", "photos/b/"})
            write_grey(folder / below + std::to_string(i) + ".png", static_cast<std::uint8_t>(8 * i), 40, 40);
    }
    write_text(folder / "m.csv", table);
    ASSERT_EQ(build(folder / "m.csv", folder / "set", {"--score", "beauty", "--photos", folder / "photos"})
                  .exit_code,
              0);
    EXPECT_TRUE(slurp(folder / "set/train.txt").starts_with("../photos/a/29.png 1\n../photos/a/10.png 0\n"))
        << slurp(folder / "set/train.txt");
}

TEST(DatasetBuild, RefusesInOneLine) {
    const TemporaryFolder folder;
    write_text(folder / "bad.csv", "id,views,upload_time\n1,x,y\n");
    write_text(folder / "few.txt", as_text(random_lines(3, 1)));
    write_text(folder / "file", "");
    const auto refuses = [&](const Outcome& outcome, int code, const std::string& words) {
        EXPECT_EQ(outcome.exit_code, code) << outcome.err;
        EXPECT_EQ(count_lines(outcome.err), 1) << outcome.err;
        EXPECT_NE(outcome.err.find(words), std::string::npos) << outcome.err;
    };
    refuses(build(folder / "none.csv", folder / "set"), 4, "none.csv");
    refuses(build(folder / "bad.csv", folder / "set"), 4, "no line tells of a photo");
    refuses(build(folder / "few.txt", folder / "set"), 4, "too few");
    refuses(build(folder / "few.txt", folder / "file"), 1, "file");
    refuses(build(folder / "few.txt", folder / "set", {"--top", "80", "--bottom", "40"}), 2, "100");
    refuses(build(folder / "few.txt", folder / "set", {"--split", "grouped"}), 2, "owner");
    refuses(build(folder / "few.txt", folder / "set", {"--score", "beauty"}), 4, "beauty");
    refuses(build(folder / "few.txt", folder / "set", {"--photos", folder / "nowhere"}), 4, "nowhere");
    refuses(build(folder / "few.txt", folder / "set", {"--lmdb"}), 2, "--photos");
    EXPECT_TRUE(!fs::exists(folder / "set") || files_of(folder / "set").empty()) << "nothing half-written";
}

/// A picture that differs from another seed's, in soft shapes as photos have them.
Image picture(unsigned seed, int width = 120, int height = 80) {
    std::mt19937 random(seed);
    Image small{9, 6, std::vector<std::uint8_t>(9 * 6 * 3)};
    for (std::uint8_t& v : small.rgb) v = static_cast<std::uint8_t>(random());
    return resize(small, height, width, Preprocessing::Filter::bicubic);
}

/// 160 photos in sub-folders, the score by id; of one picture in eight there are further ones at other places
/// of the order: the same file, smaller, strongly compressed.
class PhotoFolder {
   public:
    explicit PhotoFolder(int width = 120, int height = 80) {
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
    static constexpr int photos = 160;
    /// Which picture photo i shows: the last twenty are earlier ones once more.
    static int original_of(int i) { return i < 140 ? i : (i - 140) * 7; }

    Outcome build(const std::string& out, std::vector<std::string> more = {}) const {
        more.insert(more.end(), {"--photos", folder_ / "photos", "--top", "50", "--bottom", "50"});
        return test::build(folder_ / "m.csv", folder_ / out, more);
    }
    std::string operator/(const std::string& name) const { return folder_ / name; }

    /// In how many parts the pictures that come more than once lie in two.
    int divided(const std::string& out) const {
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

   private:
    TemporaryFolder folder_;
};

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

TEST(DatasetBuild, LeavesOutWhatCannotBeUsed) {
    const PhotoFolder photos;
    fs::remove(photos / "photos/1001.jpg");
    write_text(photos / "photos/1002.jpg", "no photo");
    write_jpeg(photos / "photos/1004.jpg", picture(4, 40, 20));
    const Outcome outcome = photos.build("set");
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const std::string problems = slurp(photos / "set/problems.csv");
    for (const char* line :
         {"missing photo,,1001,", "broken photo,,1002,1002.jpg,", "tiny photo,,1004,1004.jpg,20 pixels"})
        EXPECT_NE(problems.find(line), std::string::npos) << line;
    const auto account = nlohmann::json::parse(slurp(photos / "set/dataset.json"));
    EXPECT_EQ(account["ranked"], 159);
    EXPECT_EQ(account["surplus"], 2) << "79 and 79, of which two good ones fell out";
    const std::string report = slurp(photos / "set/report.html");
    EXPECT_NE(report.find("data:image/jpeg"), std::string::npos);
    EXPECT_EQ(report.find("src=\"http"), std::string::npos);
}

TEST(DatasetBuild, GoesOnAfterItWasKilled) {
    const PhotoFolder photos(1600, 1200);
    const std::vector<std::string> words = {
        "dataset", "build", "--metadata", photos / "m.csv", "--photos", photos / "photos", "--threads",
        "1",       "--top", "50",         "--bottom",       "50",       "--out",           photos / "killed"};
    Background victim(words);
    for (int i = 0; i < 20000; ++i) {
        std::error_code none;
        if (fs::file_size(photos / "killed/photos.cache", none) > 0 && !none) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    victim.send(SIGKILL);
    ASSERT_EQ(victim.wait(), 128 + SIGKILL) << "it was to be killed in the middle";
    EXPECT_FALSE(fs::exists(photos / "killed/dataset.json"));
    // Photos that were looked at are known: this one's bytes went, its size and time stayed.
    const auto time = fs::last_write_time(photos / "photos/1001.jpg");
    const std::string before = slurp(photos / "photos/1001.jpg");
    ASSERT_EQ(photos.build("whole").exit_code, 0);
    write_text(photos / "photos/1001.jpg", std::string(before.size(), 'x'));
    fs::last_write_time(photos / "photos/1001.jpg", time);
    ASSERT_EQ(photos.build("killed", {"--mosaic", "0"}).exit_code, 0);
    EXPECT_EQ(slurp(photos / "killed/problems.csv"), slurp(photos / "whole/problems.csv"))
        << "1001 was not read again";
    write_text(photos / "photos/1001.jpg", before);
    ASSERT_EQ(photos.build("killed").exit_code, 0);
    auto killed = files_of(photos / "killed");
    std::erase_if(killed, [](const auto& file) { return file.first.find(".tmp-") != std::string::npos; });
    EXPECT_EQ(killed, files_of(photos / "whole"));
}

TEST(DatasetBuild, LeavesTheOldSetWhereTheDiskIsFull) {
    const PhotoFolder photos;
    ASSERT_EQ(photos.build("set", {"--mosaic", "0"}).exit_code, 0);
    const auto before = files_of(photos / "set");
    const FullDisk disk(100'000);
    const Outcome outcome = photos.build("set", {"--mosaic", "80"});
    EXPECT_EQ(outcome.exit_code, 1) << outcome.out;
    EXPECT_EQ(count_lines(outcome.err), 1) << outcome.err;
    EXPECT_TRUE(files_of(photos / "set") == before);
    // Lists, too, wait for their databases.
    const Outcome packed = photos.build("set", {"--mosaic", "0", "--lmdb", "--split", "grouped"});
    EXPECT_EQ(packed.exit_code, 1) << packed.out;
    EXPECT_NE(packed.err.find("train.lmdb"), std::string::npos) << packed.err;
    EXPECT_TRUE(files_of(photos / "set") == before);
}

TEST(Pack, MakesDatabasesThatTrainingReads) {
    const PhotoFolder photos;
    ASSERT_EQ(photos.build("set", {"--lmdb", "--size", "8x8"}).exit_code, 0);
    const auto samples = read_list(photos / "set/train.lmdb"), listed = read_list(photos / "set/train.txt");
    ASSERT_EQ(samples.size(), listed.size());
    for (std::size_t i = 0; i < samples.size(); ++i) EXPECT_EQ(samples[i].label, listed[i].label);
    EXPECT_TRUE(samples[0].path.ends_with("train.lmdb/00000000_../photos/sub/1000.jpg")) << samples[0].path;

    // A model sees the same through both.
    save(*brightness_model(), photos / "model.safetensors");
    const auto judge = [&](const std::string& data) {
        const Outcome outcome =
            run_emulsion({"test", "--model", photos / "model.safetensors", "--data", data, "--json"});
        EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
        auto page = nlohmann::json::parse(outcome.out);
        page.erase("data");
        return page;
    };
    EXPECT_EQ(judge(photos / "set/train.lmdb"), judge(photos / "set/train.txt"));
    ASSERT_EQ(
        run_emulsion({"pack", photos / "set/val.txt", "--out", photos / "val.lmdb", "--encoded"}).exit_code,
        0);
    EXPECT_EQ(judge(photos / "val.lmdb"), judge(photos / "set/val.txt"));
    const Outcome outcome = run_emulsion({"pack", photos / "set/val.txt", "--out", photos / "photos"});
    EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
    EXPECT_EQ(run_emulsion({"pack", photos / "set/val.txt", "--out", photos / "x", "--size", "24"}).exit_code,
              2);
}

TEST(DatasetMean, IsTheMean) {
    const TemporaryFolder folder;
    std::array<double, 3> sums{};
    std::vector<double> blue(5 * 4);
    std::string list;
    for (int i = 0; i < 6; ++i) {
        std::mt19937 random(static_cast<unsigned>(i));
        Image photo{5, 4, std::vector<std::uint8_t>(60)};
        for (std::uint8_t& v : photo.rgb) v = static_cast<std::uint8_t>(random());
        for (std::size_t p = 0; p < 60; ++p) sums[2 - p % 3] += photo.rgb[p] / 120.0;
        for (std::size_t p = 0; p < 20; ++p) blue[p] += photo.rgb[3 * p + 2] / 6.0;
        const std::string name = std::to_string(i) + ".png";
        const auto bytes = encode_png(photo);
        write_text(folder / name, std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
        list += name + " 0\n";
    }
    write_text(folder / "list.txt", list);
    ASSERT_EQ(run_emulsion({"pack", folder / "list.txt", "--out", folder / "db"}).exit_code, 0);
    for (const char* from : {"list.txt", "db"}) {
        ASSERT_EQ(
            run_emulsion({"dataset", "mean", folder / from, "--out", folder / "m.binaryproto"}).exit_code, 0);
        const auto mean = formats::read_binaryproto(folder / "m.binaryproto");
        ASSERT_EQ(mean.values.size(), 60U);
        for (std::size_t p = 0; p < 20; ++p) EXPECT_NEAR(mean.values[p], blue[p], 1e-4);
        ASSERT_EQ(run_emulsion({"dataset", "mean", folder / from, "--out", folder / "m.json"}).exit_code, 0);
        const auto page = nlohmann::json::parse(slurp(folder / "m.json"));
        for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(page["mean"][c].get<double>(), sums[c], 1e-9);
    }
    write_grey(folder / "other.png", 9, 7, 7);
    write_text(folder / "list.txt", list + "other.png 1\n");
    const Outcome outcome =
        run_emulsion({"dataset", "mean", folder / "list.txt", "--out", folder / "x.json"});
    EXPECT_EQ(outcome.exit_code, 4);
    EXPECT_NE(outcome.err.find("--size"), std::string::npos) << outcome.err;
    EXPECT_FALSE(fs::exists(folder / "x.json"));
}

}  // namespace
}  // namespace emulsion::test
