// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "apps/measure.h"
#include "tests/apps/child.h"
#include "tests/apps/fixtures.h"

namespace emulsion::test {
namespace {

using nlohmann::json;

json time_json(std::vector<std::string> more) {
    std::vector<std::string> arguments = {"time", "--model", "photo-mini", "--batch",
                                          "2",    "--runs",  "3",          "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = run_emulsion(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return json::parse(outcome.out);
}

double sum_of_steps(const json& result) {
    double sum = 0;
    for (const json& step : result["steps"]) sum += step["milliseconds"].get<double>();
    return sum;
}

TEST(Time, StepsAddUpAndNothingBeatsTheMachine) {
    const json result = time_json({});
    EXPECT_GT(result["milliseconds"].get<double>(), 0);
    EXPECT_NEAR(sum_of_steps(result), result["steps_milliseconds"].get<double>(), 1e-6);
    EXPECT_NEAR(result["photos_per_second"].get<double>(), 2000 / result["milliseconds"].get<double>(), 1e-6);
    EXPECT_GT(result["machine"]["flop_per_second"].get<double>(), 1e9);
    EXPECT_GT(result["machine"]["bytes_per_second"].get<double>(), 1e8);
    EXPECT_LT(result["part_of_peak"].get<double>(), 1);
    for (const json& step : result["steps"]) EXPECT_EQ(step["pass"], "forward") << step;
}

TEST(Time, TrainingHasAllThreePasses) {
    const json result = time_json({"--train"});
    std::map<std::string, int> passes;
    for (const json& step : result["steps"]) ++passes[step["pass"].get<std::string>()];
    EXPECT_GT(passes["forward"], 0);
    EXPECT_GT(passes["backward"], 0);
    EXPECT_GT(passes["update"], 0);
}

TEST(Time, BatchInvarianceHasItsPriceShown) {
    EXPECT_GT(time_json({"--batch-invariant"})["free_milliseconds"].get<double>(), 0);
    EXPECT_FALSE(time_json({}).contains("free_milliseconds"));
}

TEST(Time, PeopleSeeTheMachineBesideTheSteps) {
    const Outcome outcome = run_emulsion({"time", "--model", "photo-mini", "--runs", "1"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    for (const char* words : {"FMA peak", " GB/s", "photos/s", "of roof", "sum of steps", "conv1"}) {
        EXPECT_NE(outcome.out.find(words), std::string::npos) << words << " is missing in\n" << outcome.out;
    }
}

TEST(Median, IsTheMiddleOrBetweenTheMiddleTwo) {
    EXPECT_EQ(apps::median({3, 1, 2}), 2);
    EXPECT_EQ(apps::median({4, 1, 2, 3}), 2.5);
    EXPECT_EQ(apps::median({}), 0);
}

TEST(Roofline, TheSlowerOfArithmeticAndMemoryIsTheFloor) {
    const apps::Roofline roof{.flop_per_second = 100, .bytes_per_second = 10, .vector = ""};
    EXPECT_EQ(roof.floor_seconds({200, 1}), 2);
    EXPECT_EQ(roof.floor_seconds({1, 200}), 20);
}

}  // namespace
}  // namespace emulsion::test
