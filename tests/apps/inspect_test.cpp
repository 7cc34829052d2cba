// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/apps/child.h"
#include "tests/apps/fixtures.h"

namespace emulsion::test {
namespace {

using nlohmann::json;

json inspect_json(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "inspect");
    arguments.push_back("--json");
    const Outcome outcome = run_emulsion(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return json::parse(outcome.out);
}

// Published counts, and FLOP counted by hand from the shapes of the papers: two a multiply-add, bias left
// out, so that ours may be up to one percent more.
struct Known {
    const char *net, *parameters;
    double gflop;
};

TEST(Inspect, CountsWhatIsPublished) {
    for (const Known& known : {Known{"photo", "48,487,810", 1.086}, Known{"alexnet", "60,965,224", 1.449},
                               Known{"alexnet-torchvision", "61,100,840", 1.428}}) {
        const Outcome outcome = run_emulsion({"inspect", known.net});
        EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
        EXPECT_NE(outcome.out.find(known.parameters), std::string::npos) << outcome.out;
        const double gflop = inspect_json({known.net})["flop_per_photo"].get<double>() * 1e-9;
        EXPECT_TRUE(gflop >= known.gflop * 0.999 && gflop <= known.gflop * 1.01) << known.net << " " << gflop;
    }
}

TEST(Inspect, ShapesFlopAndParametersAreEachLayers) {
    const json layers = inspect_json({"photo", "--batch", "3"})["layers"];
    const json& conv1 = layers[0];
    EXPECT_EQ(conv1["name"], "conv1");
    EXPECT_EQ(conv1["inputs"], json({{3, 3, 159, 240}}));
    EXPECT_EQ(conv1["outputs"], json({{3, 96, 38, 58}}));
    EXPECT_EQ(conv1["parameters"], 96 * 3 * 11 * 11 + 96);
    const double macs = 3.0 * 96 * 38 * 58 * 3 * 11 * 11;
    EXPECT_NEAR(conv1["forward_flop"].get<double>(), 2 * macs, 0.01 * macs);  // the bias is extra
}

TEST(Inspect, ThePlanAddsUpAndTrainingNeedsMore) {
    const json plan = inspect_json({"photo", "--batch", "4"})["memory"];
    const json training = inspect_json({"photo", "--batch", "4", "--train"})["memory"];
    for (const json* each : {&plan, &training}) {
        std::int64_t sum = 0;
        for (const char* part :
             {"parameters", "gradients", "momentum", "packed", "activations", "workspace", "staging"}) {
            sum += (*each)[part].get<std::int64_t>();
        }
        EXPECT_EQ((*each)["total"], sum);
    }
    // Parameters, each tensor padded to 64 bytes.
    EXPECT_NEAR(plan["parameters"].get<double>(), 4.0 * 48'487'810, 16 * 64);
    EXPECT_EQ(plan["gradients"], 0);
    EXPECT_GE(training["gradients"], plan["parameters"]);
    EXPECT_GT(training["activations"], plan["activations"]);
}

TEST(Inspect, TheLargestBatchFitsAndTheNextDoesNot) {
    const json limited = inspect_json({"photo-mini", "--limit", "100MiB"});
    const int largest = limited["largest_batch"].get<int>();
    ASSERT_GT(largest, 1);
    const auto total = [](int batch) {
        return inspect_json({"photo-mini", "--batch", std::to_string(batch)})["memory"]["total"]
            .get<double>();
    };
    EXPECT_LE(total(largest), 100.0 * 1024 * 1024);
    EXPECT_GT(total(largest + 1), 100.0 * 1024 * 1024);

    const Outcome none = run_emulsion({"inspect", "photo", "--limit", "1MiB"});
    EXPECT_EQ(none.exit_code, 0);
    EXPECT_NE(none.out.find("Not even one photo fits in 1MiB"), std::string::npos) << none.out;
}

TEST(Inspect, RewritesAreListedUnlessSwitchedOff) {
    EXPECT_FALSE(inspect_json({"photo"})["rewrites"].empty());
    EXPECT_EQ(inspect_json({"photo", "--no-fuse"})["rewrites"].dump().find("into"), std::string::npos);
}

TEST(Inspect, AModelFileShowsItsClassesAndProvenance) {
    const TemporaryFolder folder;
    save(*brightness_model(), folder.file("m.safetensors"));
    const Outcome outcome = run_emulsion({"inspect", folder.file("m.safetensors")});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    for (const char* words : {"dark, bright", "trained-by", "hand", "386 in 2 tensors"}) {
        EXPECT_NE(outcome.out.find(words), std::string::npos) << words << " is missing in\n" << outcome.out;
    }
}

}  // namespace
}  // namespace emulsion::test
