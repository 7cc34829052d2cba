// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// `emulsion dataset` and `emulsion pack` as users meet them, against plain loops.
#include <gtest/gtest.h>

#include <emulsion/import.h>
#include <algorithm>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "data/encode.h"
#include "data/list.h"
#include "engine/formats/readers.h"
#include "tests/apps/child.h"
#include "tests/apps/dataset_fixtures.h"
#include "tests/apps/fixtures.h"
#include "tests/apps/training_fixtures.h"

namespace emulsion::test {
namespace {

namespace fs = std::filesystem;

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
