// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "tests/apps/child.h"
#include "tests/apps/fixtures.h"

namespace emulsion::test {
namespace {

using nlohmann::json;

Outcome check(const std::string& model, const std::string& tested, std::vector<std::string> more) {
    std::vector<std::string> arguments = {"check",     "--model", model,     "--impl", tested,
                                          "--against", "eigen",   "--batch", "3",      "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_emulsion(arguments);
}

class CheckTest : public testing::TestWithParam<const char*> {
   protected:
    void SetUp() override {
        if (!has_implementation(GetParam())) GTEST_SKIP() << GetParam() << " was not built";
    }
};

TEST_P(CheckTest, ImplementationsAgreeOnEveryValue) {
    const Outcome outcome = check("photo-mini", GetParam(), {"--no-fuse"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
    const json result = json::parse(outcome.out);
    EXPECT_EQ(result["inside"], true);
    EXPECT_EQ(result["first_parted"], nullptr);
    EXPECT_TRUE(result["gradients"].empty());
    const json layers = json::parse(run_emulsion({"inspect", "photo-mini", "--json"}).out)["layers"];
    EXPECT_EQ(result["values"].size(), layers.size());
}

TEST_P(CheckTest, ImplementationsAgreeOnEveryGradient) {
    const Outcome outcome = check("photo-mini", GetParam(), {"--train"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.out << outcome.err;
    const json result = json::parse(outcome.out);
    EXPECT_LT(result["photos_left_out"].get<int>(), 3);
    EXPECT_EQ(result["gradients"].size(), 14U);  // weight and bias of five convolutions and two fc
    for (const json& row : result["gradients"]) EXPECT_GT(row["largest_value"].get<double>(), 0) << row;
}

INSTANTIATE_TEST_SUITE_P(Each, CheckTest, testing::Values("onednn", "eigen"),
                         [](const auto& implementation) { return std::string(implementation.param); });

TEST(Check, TheSeedDecidesPhotosAndWeights) {
    const std::string one = check("photo-mini", "eigen", {"--seed", "1"}).out;
    EXPECT_EQ(check("photo-mini", "eigen", {"--seed", "1"}).out, one);
    EXPECT_NE(json::parse(check("photo-mini", "eigen", {"--seed", "2"}).out)["values"],
              json::parse(one)["values"]);
}

TEST(Check, WhatIsNotFiniteIsOutsideAndNamed) {
    const TemporaryFolder folder;
    const auto good = brightness_model();
    std::vector<float> weights(good->weights(0).begin(), good->weights(0).end());
    weights[5] = std::numeric_limits<float>::quiet_NaN();
    save(*model_of(good->net(), {weights, {0, 0}}), folder.file("m.safetensors"));
    const Outcome outcome = check(folder.file("m.safetensors"), "eigen", {});
    EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
    const json result = json::parse(outcome.out);
    EXPECT_EQ(result["inside"], false);
    EXPECT_EQ(result["first_parted"], "fc1");
}

TEST(Check, PeopleGetAVerdict) {
    const Outcome outcome = run_emulsion(
        {"check", "--model", "photo-mini", "--impl", "eigen", "--against", "eigen", "--batch", "1"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_NE(outcome.out.find("agree within the tolerance"), std::string::npos) << outcome.out;
}

TEST(Check, TrainingIsComparedInFp32Only) {
    for (const char* const precision : {"bf16", "tf32"}) {
        const Outcome outcome = check("photo-mini", "eigen", {"--train", "--precision", precision});
        EXPECT_EQ(outcome.exit_code, 2);
        EXPECT_NE(outcome.err.find(precision), std::string::npos) << outcome.err;
    }
}

TEST(Check, OneWayOfAFolderCanBeTrusted) {
    const Outcome outcome = run_emulsion({"check", "--model", "photo-mini", "--device", "emulated", "--impl",
                                          "cuda", "--against", "cuda:tile64", "--batch", "1"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_NE(outcome.out.find("cuda:tile64"), std::string::npos) << outcome.out;
}

}  // namespace
}  // namespace emulsion::test
