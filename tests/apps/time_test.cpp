// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "apps/measure.h"
#include "apps/timing.h"
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

// Loose, because other programs may use the machine; on a quiet one it is within 5%.
TEST(Time, StepsAccountForTheWhole) {
    for (const auto& more : {std::vector<std::string>{"--runs", "40", "--threads", "1"},
                             {"--runs", "20", "--threads", "1", "--train"}}) {
        const json result = time_json(more);
        EXPECT_NEAR(result["steps_part_of_whole"].get<double>(), 1, 0.25) << result;
        EXPECT_NEAR(result["steps_part_of_whole"].get<double>(),
                    sum_of_steps(result) / result["milliseconds"].get<double>(), 1e-9);
        EXPECT_LT(result["outside_milliseconds"].get<double>(), 0.25 * result["milliseconds"].get<double>());
    }
}

TEST(Time, EachStepHasItsFloorOnTheTargetAndAProjection) {
    const json result = time_json({"--train", "--target", "gtx-780-ti"});
    const json& target = result["target"];
    EXPECT_EQ(target["name"], "GeForce GTX 780 Ti");
    EXPECT_FALSE(target.contains("measured")) << "that was another net";
    double floors = 0, projected = 0;
    for (const json& step : result["steps"]) {
        const double floor =
            1e3 * std::max(step["flop"].get<double>() / 5.04e12, step["bytes"].get<double>() / 336e9);
        EXPECT_NEAR(step["target_floor_milliseconds"].get<double>(), floor, 1e-9) << step;
        const double part = step["floor_milliseconds"].get<double>() / step["milliseconds"].get<double>();
        EXPECT_NEAR(step["part_of_roof"].get<double>(), part, 1e-9) << step;
        EXPECT_NEAR(step["projected_milliseconds"].get<double>(), part > 0 ? floor / std::min(1.0, part) : 0,
                    1e-9 * floor / std::min(1.0, part) + 1e-9)
            << step;
        floors += floor;
        projected += step["projected_milliseconds"].get<double>();
    }
    EXPECT_NEAR(target["floor_milliseconds"].get<double>(), floors, 1e-9);
    EXPECT_NEAR(target["projected_milliseconds"].get<double>(), projected, 1e-6);
    EXPECT_NEAR(target["projected_photos_per_second"].get<double>(), 2000 / projected, 1e-3);
}

TEST(Time, WhatWasMeasuredOnTheTargetStandsBesideTheSameRun) {
    const TemporaryFolder folder;
    write_text(folder.file("card.json"),
               R"({"name": "Card", "flop_per_second": 1e12, "bytes_per_second": 1e11, "multiprocessors": 1,
                   "clock_hertz": 1e9, "shared_memory_bytes": 1024, "memory_bytes": 1024, "sm": 35,
                   "source": "s", "measured": [{"net": "photo-mini", "mode": "inference", "batch": 2,
                   "iterations_per_second": 12.5, "by": "Somebody", "source": "their log"}]})");
    const json measured = time_json({"--target", folder.file("card.json")})["target"]["measured"];
    EXPECT_EQ(measured["photos_per_second"].get<double>(), 25);
    EXPECT_FALSE(time_json({"--target", folder.file("card.json"), "--train"})["target"].contains("measured"));
    const Outcome outcome = run_emulsion({"time", "--model", "photo-mini", "--batch", "2", "--runs", "1",
                                          "--target", folder.file("card.json")});
    for (const char* words :
         {"12.5 iterations/s = 25 photos/s on that card by Somebody", "their log", "floor there",
          "projected there", "A projection is no measurement", "that card has 1.0 KiB"})
        EXPECT_NE(outcome.out.find(words), std::string::npos) << words << " is missing in\n" << outcome.out;
}

TEST(Time, DrawsTheRoofline) {
    const TemporaryFolder folder;
    const std::string path = folder.file("roofline.svg");
    time_json({"--roofline", path, "--target", "h200"});
    std::ifstream file(path);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    for (const char* words : {"<svg ", "conv1", "photo-mini, inference, batch 2", "H200 SXM", "</svg>"})
        EXPECT_NE(text.find(words), std::string::npos) << words;
    EXPECT_EQ(run_emulsion({"time", "--model", "photo-mini", "--runs", "1", "--roofline", folder.file("")})
                  .exit_code,
              1);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.file("")), {}), 1)
        << "nothing is left";
}

TEST(Time, HasNoRoofToDrawForTheEmulator) {
    const TemporaryFolder folder;
    const Outcome outcome = run_emulsion(
        {"time", "--model", "photo-mini", "--device", "emulated", "--roofline", folder.file("roofline.svg")});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_EQ(count_lines(outcome.err), 1) << outcome.err;
    EXPECT_FALSE(std::filesystem::exists(folder.file("roofline.svg")));
}

// A subject whose clock is its own: two steps of 1 and 2 ms, and every third profiled run ten times as slow.
TEST(Measure, TakesMediansOfSingleRunsOutOfTheEnginesSums) {
    std::vector<StepInfo> steps(2);
    bool profiling = false;
    int profiled = 0, whole = 0;
    std::string order;
    const apps::Timing timing = apps::measure({[&] {
                                                   order += profiling ? 'p' : 'w';
                                                   if (!profiling) {
                                                       ++whole;
                                                       return;
                                                   }
                                                   const double slow = ++profiled % 3 == 0 ? 10 : 1;
                                                   steps[0].milliseconds += 1 * slow;
                                                   steps[1].milliseconds += 2 * slow;
                                               },
                                               [&](bool on) { profiling = on; }, [&] { return steps; }},
                                              5);
    EXPECT_EQ(order,
              "ww"
              "wpwpwpwpwp");
    EXPECT_DOUBLE_EQ(timing.steps[0].milliseconds, 1);
    EXPECT_DOUBLE_EQ(timing.steps[1].milliseconds, 2);
    EXPECT_EQ(timing.outside_milliseconds, 0) << "this clock runs ahead of the real one";
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

TEST(Roofline, OfTwoMeasurementsTheBetterPeaksCount) {
    const apps::Roofline one{.flop_per_second = 100, .bytes_per_second = 10, .threads = 2, .vector = "v"};
    const apps::Roofline other{.flop_per_second = 90, .bytes_per_second = 20, .threads = 2, .vector = "v"};
    for (const apps::Roofline& best : {better_of(one, other), better_of(other, one)}) {
        EXPECT_EQ(best.flop_per_second, 100);
        EXPECT_EQ(best.bytes_per_second, 20);
        EXPECT_EQ(best.vector, "v");
    }
}

}  // namespace
}  // namespace emulsion::test
