// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>

#include "apps/common_text.h"
#include "tests/apps/child.h"
#include "tests/apps/fixtures.h"

namespace emulsion::test {
namespace {

using nlohmann::json;

// A model that tells bright photos from dark ones, and photos of known brightness.
class ScoreTest : public testing::Test {
   protected:
    ScoreTest() {
        save(*brightness_model(), model());
        std::filesystem::create_directory(photos());
    }
    std::string model() const { return folder_.file("model.safetensors"); }
    std::string photos() const { return folder_.file("photos"); }
    std::string photo(const std::string& name) const { return photos() + "/" + name; }

    Outcome score(std::vector<std::string> more, Output output = Output::captured) const {
        std::vector<std::string> arguments = {"score", "--model", model()};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run_emulsion(arguments, output);
    }

    const TemporaryFolder folder_;
};

TEST_F(ScoreTest, RanksAFolderBestFirstByTheFormula) {
    write_grey(photo("dark.png"), 40);
    write_grey(photo("bright.png"), 220);
    write_grey(photo("middle, so to speak.png"), 130);
    const Outcome outcome = score({photos(), "--csv"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_TRUE(outcome.err.empty()) << outcome.err;
    // Two decimals: rounding in fp32 is some thousand times finer.
    EXPECT_EQ(outcome.out, "score,path\n" + apps::fixed(brightness_score(220), 2) + "," +
                               photo("bright.png") + "\n" + apps::fixed(brightness_score(130), 2) + ",\"" +
                               photo("middle, so to speak.png") + "\"\n" +
                               apps::fixed(brightness_score(40), 2) + "," + photo("dark.png") + "\n");
}

TEST_F(ScoreTest, ATableForPeopleAndTheTopOnly) {
    for (const int grey : {10, 60, 110, 160, 210}) {
        write_grey(photo(std::to_string(grey) + ".png"), static_cast<std::uint8_t>(grey));
    }
    const Outcome outcome = score({photos(), "--top", "2"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(count_lines(outcome.out), 3) << outcome.out;
    EXPECT_NE(outcome.out.find("210.png"), std::string::npos);
    EXPECT_NE(outcome.out.find("160.png"), std::string::npos);
}

TEST_F(ScoreTest, OneBadFileNeverStopsTheRest) {
    for (int i = 0; i < 20; ++i)
        write_grey(photo(std::to_string(i) + ".png"), static_cast<std::uint8_t>(10 * i));
    write_text(photo("broken.jpg"), "\xFF\xD8\xFF not a photo");
    write_text(photo("empty.png"), "");
    const Outcome outcome = score({photos(), photo("absent.png"), folder_.file("no-folder/"), "--json"});
    EXPECT_EQ(outcome.exit_code, 1);
    const json result = json::parse(outcome.out);
    EXPECT_EQ(result["model"], model());
    EXPECT_EQ(result["photos"].size(), 20U);
    EXPECT_EQ(result["failed"].size(), 4U) << result["failed"];
    for (const json& entry : result["failed"]) {
        EXPECT_FALSE(entry["error"].get<std::string>().empty());
        EXPECT_NE(outcome.err.find(entry["path"].get<std::string>()), std::string::npos) << outcome.err;
    }
    for (const json& entry : result["photos"]) {
        const std::string name = std::filesystem::path(entry["path"].get<std::string>()).stem();
        // A sum of 192 terms, then a score of at most 100.
        EXPECT_NEAR(entry["score"].get<double>(), brightness_score(10 * std::stod(name)), 1e-3) << name;
    }
}

TEST_F(ScoreTest, NothingButBadFilesIsStillAnAnswer) {
    const Outcome outcome = score({photo("absent.png"), "--json"});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_EQ(json::parse(outcome.out)["photos"].size(), 0U);
    EXPECT_EQ(json::parse(outcome.out)["failed"].size(), 1U);
}

TEST_F(ScoreTest, AScoreHasTheSameBitsInEveryBatch) {
    for (int i = 0; i < 33; ++i)
        write_grey(photo(std::to_string(i) + ".png"), static_cast<std::uint8_t>(7 * i));
    const std::string alone = score({photos(), "--json", "--batch", "1"}).out;
    for (const char* batch : {"2", "8", "32"})
        EXPECT_EQ(score({photos(), "--json", "--batch", batch}).out, alone);
}

TEST_F(ScoreTest, APhotoNamedTwiceIsScoredOnce) {
    write_grey(photo("a.png"), 100);
    EXPECT_EQ(json::parse(score({photos(), photo("a.png"), "--json"}).out)["photos"].size(), 1U);
}

TEST_F(ScoreTest, APathThatIsNotUtf8DoesNotBreakJson) {
    write_grey(photo("caf\xE9.png"), 100);
    const Outcome outcome = score({photos(), "--json"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(json::parse(outcome.out)["photos"].size(), 1U);
}

TEST_F(ScoreTest, NetsWithoutTwoClassesAreRefused) {
    NetDef net = net_of(
        8, 8,
        {weighted("fc1", "fc", "data", {{"outputs", std::int64_t{3}}}), layer("prob", "softmax", "fc1")});
    save(*initialise(net, 1), model());
    write_grey(photo("a.png"), 100);
    const Outcome outcome = score({photos()});
    EXPECT_EQ(outcome.exit_code, 4);
    EXPECT_EQ(count_lines(outcome.err), 1) << outcome.err;
    EXPECT_NE(outcome.err.find("3 outputs"), std::string::npos) << outcome.err;
}

TEST_F(ScoreTest, AnAnswerThatIsNoNumberIsAFailureOfThePhoto) {
    const auto good = brightness_model();
    std::vector<float> weights(good->weights(0).begin(), good->weights(0).end());
    weights[0] = std::numeric_limits<float>::quiet_NaN();
    save(*model_of(good->net(), {weights, {0, 0}}), model());
    write_grey(photo("a.png"), 100);
    const Outcome outcome = score({photos(), "--json"});
    EXPECT_NE(outcome.exit_code, 0);
    EXPECT_EQ(outcome.out.find("null"), std::string::npos) << outcome.out;
}

TEST_F(ScoreTest, AFullDiskIsAFailure) {
    write_grey(photo("a.png"), 100);
    const Outcome outcome = score({photos()}, Output::full_disk);
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_EQ(count_lines(outcome.err), 1) << outcome.err;
}

}  // namespace
}  // namespace emulsion::test
