// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// `emulsion train`, `test` and `report` as users meet them.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "apps/csv.h"
#include "data/files.h"
#include "tests/apps/child.h"
#include "tests/apps/training_fixtures.h"

namespace emulsion::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::string text_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

// One line on stderr that holds `word`, and this exit code.
void expect_refusal(const Outcome& outcome, int exit_code, const std::string& word) {
    EXPECT_EQ(outcome.exit_code, exit_code) << outcome.err;
    EXPECT_EQ(count_lines(outcome.err), 1) << outcome.err;
    EXPECT_NE(outcome.err.find(word), std::string::npos) << "not in: " << outcome.err;
}

TEST(Train, LearnsAndLeavesEverythingBehind) {
    const TrainingFolder folder;
    const Outcome outcome = run_emulsion(folder.train("run", 150));
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const apps::Curve curve = apps::read_curve(folder.file("run/log.jsonl"));
    ASSERT_FALSE(curve.training.empty());
    EXPECT_EQ(curve.training.back().iteration, 150);
    EXPECT_EQ(curve.validation.back().iteration, 150);
    EXPECT_LT(curve.validation.back().loss, std::log(2.0)) << "better than a coin";
    EXPECT_NE(text_of(folder.file("run/curve.svg")).find("<svg"), std::string::npos);
    const auto model = load(folder.file("run/model.safetensors"));
    EXPECT_EQ(model->provenance().at("iteration"), "150");
    EXPECT_TRUE(fs::exists(folder.file("run/best.safetensors")));
    EXPECT_NE(outcome.out.find("validation"), std::string::npos);
    EXPECT_EQ(outcome.out.find('\r'), std::string::npos) << "plain lines where there is no terminal";
}

TEST(Train, RefusesInOneLine) {
    const TrainingFolder folder;
    ASSERT_EQ(run_emulsion(folder.train("done", 2)).exit_code, 0);
    const auto refuse = [&](const std::vector<std::string>& more, int exit_code, const std::string& word) {
        expect_refusal(run_emulsion(folder.train("new", 2, more)), exit_code, word);
        EXPECT_FALSE(fs::exists(folder.file("new"))) << "nothing is begun: " << word;
    };
    refuse({"--net", "photo-mini"}, 2, "--net");
    refuse({"--freeze", "conv9"}, 2, "conv1, fc2");
    refuse({"--lr-mult", "conv1"}, 2, "LAYER=X");
    refuse({"--lr-mult", "conv1=-1"}, 2, "LAYER=X");
    refuse({"--lr-policy", "sometimes"}, 2, "sometimes");
    refuse({"--resume"}, 2, "snapshot");
    refuse({"--weights", folder.file("none.safetensors")}, 4, "none.safetensors");
    expect_refusal(run_emulsion(folder.train("done", 2)), 2, "--resume");
    expect_refusal(run_emulsion(folder.train("done", 2, {"--resume", "--lr", "0.5"})), 2, "--lr");
    expect_refusal(run_emulsion(folder.train("done", 2, {"--resume", "--seed", "5"})), 2, "--seed");
    expect_refusal(run_emulsion(folder.train("train.txt", 2)), 1, "train.txt");
    write_text(folder.file("train.txt"), "photo0.png 0\n\nphoto1.png 2\nphoto2.png 0\n");
    refuse({}, 4, "train.txt:3");
    expect_refusal(run_emulsion(folder.train("done", 2, {"--resume"})), 4, "train.txt:3");
    write_text(folder.file("train.txt"), "photo0.png 0\nphoto1.png 1\n");
    expect_refusal(run_emulsion(folder.train("done", 2, {"--resume"})), 2, "--train");
    write_text(folder.file("train.txt"), "\n");
    refuse({}, 4, "train.txt");
    EXPECT_FALSE(fs::exists(folder.file("new"))) << "nothing is begun";
}

TEST(Train, NamesABrokenPhotoOnceAndGoesOn) {
    const TrainingFolder folder;
    write_text(folder.file("photo3.png"), "no photo");
    const Outcome outcome = run_emulsion(folder.train("run", 40));
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const std::string all = outcome.out + outcome.err;
    const std::size_t first = all.find("photo3.png");
    ASSERT_NE(first, std::string::npos) << all;
    EXPECT_EQ(all.find("photo3.png", all.find('\n', first)), std::string::npos) << all;
    EXPECT_NE(all.find("1 broken"), std::string::npos) << all;
}

TEST(Train, StopsAtALossThatIsNotFiniteAndKeepsTheLastGoodWeights) {
    const TrainingFolder folder;
    const Outcome outcome = run_emulsion(folder.train("run", 200, {"--lr", "1e18", "--lr-policy", "fixed"}));
    expect_refusal(outcome, 5, "model.safetensors");
    for (const auto& [name, bytes] : tensors_of(folder.file("run/model.safetensors"))) {
        for (std::size_t at = 0; at < bytes.size(); at += sizeof(float)) {
            float value = 0;
            std::memcpy(&value, &bytes[at], sizeof value);
            ASSERT_TRUE(std::isfinite(value)) << name;
        }
    }
    EXPECT_NE(text_of(folder.file("run/log.jsonl")).find("\"not finite\""), std::string::npos);
    // Finite weights can still overflow on the way: good ones give an answer.
    const Outcome judged = run_emulsion(
        {"test", "--model", folder.file("run/model.safetensors"), "--data", folder.file("val.txt")});
    EXPECT_EQ(judged.exit_code, 0) << judged.err;
}

TEST(Train, WeightsThatAreNoNumbersAreRefusedByName) {
    const TrainingFolder folder;
    const auto good = load(folder.file("net.safetensors"));
    std::vector<std::vector<float>> weights;
    for (std::size_t i = 0; i < good->parameters().size(); ++i)
        weights.emplace_back(good->weights(i).begin(), good->weights(i).end());
    weights.back()[0] = std::numeric_limits<float>::quiet_NaN();
    const std::string bad = folder.file("bad.safetensors");
    save(*model_of(good->net(), std::move(weights)), bad);
    const std::string name = good->parameters().back().name;
    expect_refusal(run_emulsion(folder.train("run", 2, {"--weights", bad})), 4, name);
    EXPECT_FALSE(fs::exists(folder.file("run"))) << "nothing is begun";
    expect_refusal(run_emulsion({"test", "--model", bad, "--data", folder.file("val.txt")}), 5, "photo");
}

// Even where the net has as many outputs already.
TEST(Train, NewClassesGetFreshWeights) {
    const TrainingFolder folder;
    for (const int classes : {2, 5}) {
        const std::string out = "run" + std::to_string(classes);
        const Outcome outcome =
            run_emulsion(folder.train(out, 1, {"--classes", std::to_string(classes), "--lr-mult", "*=0"}));
        ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
        EXPECT_NE(outcome.out.find("2 parameters taken, 2 started afresh, 0 left over"), std::string::npos)
            << outcome.out;
        const auto before = tensors_of(folder.file("net.safetensors"));
        const auto after = tensors_of(folder.file(out + "/model.safetensors"));
        EXPECT_EQ(after.at("conv1.weight"), before.at("conv1.weight"));
        EXPECT_NE(after.at("fc2.weight"), before.at("fc2.weight"));
        EXPECT_EQ(after.at("fc2.bias").size(), classes * sizeof(float));
    }
}

// Rewrites the settings in a snapshot's header; their length stays, so every offset does.
void change_settings(const std::string& snapshot, char from, char to) {
    std::string bytes = text_of(snapshot);
    const std::size_t at = bytes.find("\"extra.settings\":\"{");
    ASSERT_NE(at, std::string::npos);
    const std::size_t place = bytes.find(from, at + 18);
    ASSERT_NE(place, std::string::npos);
    bytes[place] = to;
    write_text(snapshot, bytes);
}

TEST(Train, ASnapshotWithDamagedSettingsIsRefused) {
    const TrainingFolder folder;
    ASSERT_EQ(run_emulsion(folder.train("run", 2)).exit_code, 0);
    change_settings(folder.file("run/snapshot.safetensors"), '{', '[');
    expect_refusal(run_emulsion(folder.train("run", 2, {"--resume"})), 4, "snapshot");
}

TEST(Train, ASnapshotWithAFlippedBitIsRefused) {
    const TrainingFolder folder;
    ASSERT_EQ(run_emulsion(folder.train("run", 2)).exit_code, 0);
    const std::string snapshot = folder.file("run/snapshot.safetensors");
    std::string bytes = text_of(snapshot);
    bytes[bytes.size() - 400] =
        static_cast<char>(bytes[bytes.size() - 400] ^ 1);  // of a weight or a momentum
    write_text(snapshot, bytes);
    expect_refusal(run_emulsion(folder.train("run", 2, {"--resume"})), 4, "checksum");
}

TEST(Train, RefusesAnEndlessNumberOfEpochs) {
    const TrainingFolder folder;
    for (const char* epochs : {"inf", "nan", "1e300", "-1"}) {
        const Outcome outcome =
            run_emulsion({"train", "--net", "photo-mini", "--train", folder.file("train.txt"), "--out",
                          folder.file("run"), "--epochs", epochs});
        expect_refusal(outcome, 2, "--epochs");
    }
}

TEST(Train, AFrozenLayerStaysAndLearnsAgainElsewhere) {
    const TrainingFolder folder;
    ASSERT_EQ(run_emulsion(folder.train("run", 10, {"--freeze", "conv1"})).exit_code, 0);
    const auto before = tensors_of(folder.file("net.safetensors"));
    const auto after = tensors_of(folder.file("run/model.safetensors"));
    EXPECT_EQ(after.at("conv1.weight"), before.at("conv1.weight"));
    EXPECT_EQ(after.at("conv1.bias"), before.at("conv1.bias"));
    EXPECT_NE(after.at("fc2.weight"), before.at("fc2.weight"));
    EXPECT_EQ(load(folder.file("run/model.safetensors"))->net(), load(folder.file("net.safetensors"))->net());
}

TEST(Train, ARateMultiplierOfALayerScalesItsUpdate) {
    const TrainingFolder folder;
    const auto step_of = [&](const std::string& out, const std::vector<std::string>& more) {
        std::vector<std::string> arguments = {"--momentum", "0", "--weight-decay", "0"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        EXPECT_EQ(run_emulsion(folder.train(out, 1, arguments)).exit_code, 0);
        const auto before = tensors_of(folder.file("net.safetensors")).at("fc2.bias");
        const auto after = tensors_of(folder.file(out + "/model.safetensors")).at("fc2.bias");
        float was = 0, is = 0;
        std::memcpy(&was, before.data(), sizeof was);
        std::memcpy(&is, after.data(), sizeof is);
        return is - was;
    };
    const float plain = step_of("plain", {}), tripled = step_of("tripled", {"--lr-mult", "fc2=3"});
    EXPECT_NE(plain, 0);
    // The bias starts at 0, so its first step is the rate times the gradient, rounded once or twice.
    EXPECT_NEAR(tripled, 3 * plain, std::abs(plain) * 1e-6);
}

TEST(Train, StartsFromWeightsByName) {
    const TrainingFolder folder;
    ASSERT_EQ(run_emulsion(folder.train("first", 5)).exit_code, 0);
    const Outcome outcome = run_emulsion(
        folder.train("second", 1, {"--weights", folder.file("first/model.safetensors"), "--freeze", "fc2"}));
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(tensors_of(folder.file("second/model.safetensors")).at("fc2.weight"),
              tensors_of(folder.file("first/model.safetensors")).at("fc2.weight"));
    EXPECT_NE(outcome.out.find("4 parameters taken"), std::string::npos) << outcome.out;
}

/// Five photos of which the brightness model calls 10 and 100 dark, 150, 200 and 250 bright.
class TestCommand : public testing::Test {
   protected:
    void SetUp() override {
        save(*brightness_model(), folder_.file("model.safetensors"));
        std::string list;
        const std::vector<std::pair<int, int>> photos = {{10, 0}, {100, 1}, {150, 0}, {200, 1}, {250, 1}};
        for (const auto& [grey, label] : photos) {
            const std::string name = "grey" + std::to_string(grey) + ".png";
            write_grey(folder_.file(name), static_cast<std::uint8_t>(grey));
            list += name + " " + std::to_string(label) + "\n";
        }
        write_text(folder_.file("list.txt"), list);
    }
    std::vector<std::string> arguments(const std::vector<std::string>& more = {}) const {
        std::vector<std::string> all = {
            "test",    "--model", folder_.file("model.safetensors"), "--data", folder_.file("list.txt"),
            "--batch", "2"};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }

    TemporaryFolder folder_;
};

TEST_F(TestCommand, CountsAsOneWouldOnPaper) {
    const Outcome outcome = run_emulsion(arguments({"--json", "--scores", folder_.file("scores.csv")}));
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const json result = json::parse(outcome.out);
    EXPECT_EQ(result["photos"], 5);
    EXPECT_DOUBLE_EQ(result["accuracy"], 0.6);
    EXPECT_EQ(result["confusion"], json::parse("[[1,1],[1,2]]"));
    EXPECT_EQ(result["classes"][1]["name"], "bright");
    EXPECT_DOUBLE_EQ(result["classes"][0]["precision"], 0.5);
    EXPECT_DOUBLE_EQ(result["classes"][1]["recall"], 2.0 / 3);
    EXPECT_DOUBLE_EQ(result["classes"][1]["f1"], 2.0 / 3);
    double loss = 0;
    for (const auto& [grey, label] : {std::pair{10, 0}, {100, 1}, {150, 0}, {200, 1}, {250, 1}}) {
        const double bright = brightness_score(grey) / 100;
        loss -= std::log(label == 1 ? bright : 1 - bright) / 5;
    }
    // Probabilities are floats: 2^-24 each, and the logarithm of one at least 0.1 enlarges that tenfold.
    EXPECT_NEAR(result["loss"].get<double>(), loss, 1e-6);

    const apps::CsvTable scores(folder_.file("scores.csv"), {"path", "label", "answer", "score"});
    ASSERT_EQ(scores.rows(), 5U);
    EXPECT_NE(scores.at(1, 0).find("grey100.png"), std::string::npos);
    EXPECT_EQ(scores.at(1, 1) + scores.at(1, 2), "10");
    EXPECT_NEAR(std::stod(scores.at(4, 3)), brightness_score(250) / 100, 1e-6);
}

TEST_F(TestCommand, PrintsATable) {
    const Outcome outcome = run_emulsion(arguments());
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    for (const char* words : {"60.00%", "precision", "66.7%", "bright"}) {
        EXPECT_NE(outcome.out.find(words), std::string::npos) << words << " not in\n" << outcome.out;
    }
}

TEST_F(TestCommand, LeavesOutABrokenPhotoAndSaysSo) {
    write_text(folder_.file("grey10.png"), "no photo");
    const Outcome outcome = run_emulsion(arguments({"--json"}));
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_EQ(json::parse(outcome.out)["photos"], 4);
    EXPECT_EQ(json::parse(outcome.out)["broken"], 1);
    expect_refusal({0, 0, "", outcome.err}, 0, "grey10.png");
}

TEST(Report, IsOneFileThatFetchesNothing) {
    const TrainingFolder folder;
    ASSERT_EQ(run_emulsion(folder.train("run", 20)).exit_code, 0);
    const std::vector<std::string> report = {
        "report", "--run", folder.file("run"), "--out", folder.file("report.html"), "--title", "A <title>"};
    expect_refusal(run_emulsion(report), 4, "emulsion test");
    ASSERT_EQ(run_emulsion({"test", "--model", folder.file("run/model.safetensors"), "--data",
                            folder.file("val.txt"), "--scores", folder.file("run/scores.csv")})
                  .exit_code,
              0);
    const Outcome outcome = run_emulsion(report);
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const std::string page = text_of(folder.file("report.html"));
    EXPECT_NE(page.find("A &lt;title&gt;"), std::string::npos);
    EXPECT_NE(page.find("<svg"), std::string::npos);
    EXPECT_NE(page.find("src=\"data:image/jpeg;base64,"), std::string::npos);
    for (const char* fetched : {"src=\"http", "href=", "url(", "@import", "<script"}) {
        EXPECT_EQ(page.find(fetched), std::string::npos) << fetched;
    }
}

}  // namespace
}  // namespace emulsion::test
