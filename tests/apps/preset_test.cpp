// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// `emulsion train --preset`, and runs that end early.
#include <gtest/gtest.h>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/apps/child.h"
#include "tests/apps/training_fixtures.h"
#include "tests/engine/support.h"

namespace emulsion::test {
namespace {

using nlohmann::json;

std::vector<std::string> with_preset(const TrainingFolder& folder, const std::string& preset,
                                     const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"train",
                                          "--model",
                                          folder.file("net.safetensors"),
                                          "--train",
                                          folder.file("train.txt"),
                                          "--val",
                                          folder.file("val.txt"),
                                          "--out",
                                          folder.file("run"),
                                          "--preset",
                                          preset,
                                          "--threads",
                                          "2"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

/// What the run began with, as its log tells.
json settings_of(const TrainingFolder& folder) {
    std::istringstream log(contents(folder.file("run/log.jsonl")));
    std::string line;
    std::getline(log, line);
    return json::parse(line)["settings"];
}

TEST(Preset, PaperIsTheAuthorsRecipe) {
    const TrainingFolder folder;
    const Outcome outcome = run_emulsion(with_preset(folder, "paper", {"--iterations", "3"}));
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const json settings = settings_of(folder);
    const std::vector<std::pair<const char*, const char*>> expected = {
        {"--batch", "50"},        {"--lr", "0.001"},     {"--lr-policy", "step"},     {"--gamma", "0.1"},
        {"--step-size", "50000"}, {"--momentum", "0.9"}, {"--weight-decay", "0.001"}, {"--mirror", "off"},
        {"--crop", "off"},        {"--iterations", "3"}};
    for (const auto& [option, value] : expected) EXPECT_EQ(settings[option], value) << option;
    const std::string words =
        "--batch 50 --lr 0.001 --lr-policy step --gamma 0.1 --step-size 50000 --momentum 0.9 "
        "--weight-decay 0.001 --val-interval 1000 --snapshot-interval 50000 --no-mirror --no-crop";
    EXPECT_NE(outcome.out.find("preset paper: " + words + "\n"), std::string::npos) << outcome.out;
    EXPECT_EQ(load(folder.file("run/model.safetensors"))->provenance().at("preset"), "paper: " + words);
}

TEST(Preset, PaperRunsFor450000IterationsUnlessToldOtherwise) {
    const TrainingFolder folder;
    {
        Background process(with_preset(folder, "paper", {}));
        ASSERT_TRUE(wait_for_lines(folder.file("run/log.jsonl"), 1));
    }
    EXPECT_EQ(settings_of(folder)["--iterations"], "450000");
}

TEST(Preset, ModernVariesGeometryAndOptionsOverrideIt) {
    const TrainingFolder folder;
    const Outcome outcome = run_emulsion(
        with_preset(folder, "modern", {"--epochs", "2", "--lr", "0.004", "--patience", "0", "--batch", "8"}));
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const json settings = settings_of(folder);
    EXPECT_EQ(settings["--lr"], "0.004") << "given";
    EXPECT_EQ(settings["--lr-policy"], "poly");
    EXPECT_EQ(settings["--mirror"], "on");
    EXPECT_EQ(settings["--crop"], "on") << "the photos are larger than the net's input";
    EXPECT_EQ(settings["--iterations"], "8") << "two epochs of 32 photos";
    EXPECT_EQ(outcome.out.find("--lr 0"), std::string::npos) << outcome.out;
    EXPECT_NE(outcome.out.find("--mirror --crop\n"), std::string::npos) << outcome.out;
}

TEST(Preset, ModernCutsNothingWhereThereIsNoRoom) {
    const TrainingFolder folder;
    const auto model = load(folder.file("net.safetensors"));
    NetDef net = model->net();
    net.preprocessing.height = net.preprocessing.crop_height;
    net.preprocessing.width = net.preprocessing.crop_width;
    save(*initialise(net, 3), folder.file("net.safetensors"));
    const Outcome outcome =
        run_emulsion(with_preset(folder, "modern", {"--iterations", "2", "--no-mirror", "--batch", "4"}));
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(settings_of(folder)["--crop"], "off");
    EXPECT_EQ(settings_of(folder)["--mirror"], "off") << "given";
}

TEST(Preset, RefusesInOneLine) {
    const TrainingFolder folder;
    const auto refuse = [&](const std::vector<std::string>& arguments, const std::string& word) {
        const Outcome outcome = run_emulsion(arguments);
        EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
        EXPECT_EQ(count_lines(outcome.err), 1) << outcome.err;
        EXPECT_NE(outcome.err.find(word), std::string::npos) << outcome.err;
    };
    refuse(with_preset(folder, "ancient", {}), "ancient");
    refuse({"train", "--model", folder.file("net.safetensors"), "--train", folder.file("train.txt"), "--out",
            folder.file("run"), "--preset", "modern"},
           "--val");
}

// A rate of nothing: no check after the first is better.
TEST(Patience, EndsARunThatNoLongerGetsBetter) {
    const TrainingFolder folder;
    const std::vector<std::string> more = {"--lr", "1e-30", "--val-interval", "5", "--patience", "3"};
    const Outcome outcome = run_emulsion(folder.train("run", 1000, more));
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const apps::Curve curve = apps::read_curve(folder.file("run/log.jsonl"));
    ASSERT_EQ(curve.validation.size(), 4U) << "the best, and three that were not";
    EXPECT_EQ(curve.validation.back().iteration, 20);
    EXPECT_NE((outcome.out + outcome.err).find("ends at iteration 20"), std::string::npos) << outcome.out;
    EXPECT_EQ(load(folder.file("run/best.safetensors"))->provenance().at("iteration"), "5");
    EXPECT_EQ(load(folder.file("run/model.safetensors"))->provenance().at("iteration"), "20");

    // It ends at once again, and goes on with more patience.
    std::vector<std::string> resumed = more;
    resumed.emplace_back("--resume");
    ASSERT_EQ(run_emulsion(folder.train("run", 1000, resumed)).exit_code, 0);
    EXPECT_EQ(apps::read_curve(folder.file("run/log.jsonl")), curve);
    resumed[5] = "5";
    ASSERT_EQ(run_emulsion(folder.train("run", 1000, resumed)).exit_code, 0);
    EXPECT_EQ(apps::read_curve(folder.file("run/log.jsonl")).validation.back().iteration, 30);
}

TEST(Patience, LetsARunThatGetsBetterGoOn) {
    const TrainingFolder folder;
    const Outcome outcome =
        run_emulsion(folder.train("run", 60, {"--val-interval", "5", "--patience", "12"}));
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(apps::read_curve(folder.file("run/log.jsonl")).validation.back().iteration, 60);
}

}  // namespace
}  // namespace emulsion::test
