// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// --trace as users meet it, read by a parser that is not ours.
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "tests/apps/child.h"
#include "tests/apps/training_fixtures.h"

namespace emulsion::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct Seen {
    std::string track, name, category;
    double begin = 0, end = 0;  ///< microseconds
    json arguments;

    double length() const { return end - begin; }
};

std::vector<Seen> spans_of(const std::string& path) {
    std::ifstream file(path);
    const json trace = json::parse(file);
    std::map<int, std::string> tracks;
    std::vector<Seen> spans;
    for (const json& event : trace.at("traceEvents")) {
        if (event.at("name") == "thread_name") tracks[event.at("tid")] = event.at("args").at("name");
        if (event.at("ph") != "X") continue;
        const double begin = event.at("ts"), length = event.at("dur");
        EXPECT_GE(begin, 0);
        EXPECT_GE(length, 0);
        spans.push_back({tracks.at(event.at("tid")), event.at("name"), event.at("cat"), begin, begin + length,
                         event.at("args")});
    }
    return spans;
}

std::vector<Seen> of_name(const std::vector<Seen>& spans, const std::string& name) {
    std::vector<Seen> found;
    for (const Seen& span : spans)
        if (span.name == name) found.push_back(span);
    return found;
}

double within(const std::vector<Seen>& spans, const Seen& whole, const std::string& category) {
    double sum = 0;
    for (const Seen& span : spans)
        if (span.category == category && span.begin >= whole.begin && span.end <= whole.end + 0.001)
            sum += span.length();
    return sum;
}

TEST(TraceOption, OfTrainingShowsLoaderCopiesStepsAndUpdate) {
    const TrainingFolder folder;
    constexpr int iterations = 3, batches = 2 * iterations, photos = 4 * batches;
    const Outcome outcome =
        run_emulsion(folder.train("run", iterations, {"--trace", folder.file("trace.json")}));
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(outcome.err, "");
    const auto spans = spans_of(folder.file("trace.json"));

    std::set<std::string> loaded;
    for (const Seen& span : of_name(spans, "load photo")) {
        EXPECT_NE(span.track.find("loader "), std::string::npos) << span.track;
        EXPECT_TRUE(fs::exists(span.arguments.at("photo").get<std::string>()));
        if (span.track.starts_with("loader ")) loaded.insert(span.arguments.at("photo").get<std::string>());
    }
    EXPECT_GE(loaded.size(), std::size_t{photos}) << "all that was learnt from, and what was fetched ahead";
    EXPECT_GE(of_name(spans, "wait for batch").size(), std::size_t{batches});

    const auto steps = of_name(spans, "step");
    ASSERT_EQ(steps.size(), std::size_t{batches});
    for (const Seen& step : steps) {
        const double forward = within(spans, step, "forward"), backward = within(spans, step, "backward");
        EXPECT_GT(forward, 0);
        EXPECT_GT(backward, 0);
        EXPECT_GT(within(spans, step, "copy"), 0);
        EXPECT_LE(forward + backward + within(spans, step, "copy"), step.length() + 0.1);
    }
    for (const char* layer : {"conv1", "pool1", "norm1", "drop1", "fc2", "prob"}) {
        const auto is_of = [&](const Seen& span, const char* pass) {
            return span.category == pass && span.arguments.value("layer", "") == layer;
        };
        for (const char* pass : {"forward", "backward"}) {
            const auto found =
                std::ranges::count_if(spans, [&](const Seen& span) { return is_of(span, pass); });
            EXPECT_GE(found, batches) << layer << ' ' << pass;
        }
    }
    EXPECT_EQ(of_name(spans, "update").size(), std::size_t{iterations});
    EXPECT_EQ(of_name(spans, "solver: sgd_update").size(), std::size_t{iterations});
    EXPECT_EQ(of_name(spans, "copy in photos").size(), of_name(spans, "copy out").size());
    EXPECT_FALSE(of_name(spans, "validate").empty());
}

TEST(TraceOption, ChangesNoResult) {
    const TrainingFolder folder;
    ASSERT_EQ(run_emulsion(folder.train("plain", 20)).exit_code, 0);
    ASSERT_EQ(run_emulsion(folder.train("traced", 20, {"--trace", folder.file("t.json")})).exit_code, 0);
    expect_same_result(folder.file("plain"), folder.file("traced"));
}

TEST(TraceOption, IsThereForEveryCommandThatRunsANet) {
    const TrainingFolder folder;
    const std::string model = folder.file("net.safetensors"), photo = folder.file("photo0.png");
    const std::vector<std::vector<std::string>> commands = {
        {"score", "--model", model, photo},
        {"classify", "--model", model, photo},
        {"test", "--model", model, "--data", folder.file("val.txt")},
        {"time", "--model", model, "--runs", "2"}};
    for (std::vector<std::string> command : commands) {
        const std::string path = folder.file(command[0] + ".json");
        command.insert(command.end(), {"--trace", path});
        const Outcome outcome = run_emulsion(command);
        ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
        const auto spans = spans_of(path);
        ASSERT_FALSE(of_name(spans, "run").empty()) << command[0];
        for (const Seen& run : of_name(spans, "run")) {
            EXPECT_GT(within(spans, run, "forward"), 0) << command[0];
            EXPECT_LT(within(spans, run, "forward"), run.length()) << command[0];
        }
        EXPECT_EQ(of_name(spans, "load photo").empty(), command[0] == "time");
    }
}

TEST(TraceOption, IsRefusedBeforeTheWorkBegins) {
    const TrainingFolder folder;
    const auto refuse = [&](const std::string& path, int exit_code) {
        const Outcome outcome = run_emulsion(folder.train("run", 1, {"--trace", path}));
        EXPECT_EQ(outcome.exit_code, exit_code) << path;
        EXPECT_EQ(outcome.out, "") << path;
        EXPECT_EQ(count_lines(outcome.err), 1) << outcome.err;
        EXPECT_FALSE(fs::exists(folder.file("run"))) << path;
    };
    const auto size = fs::file_size(folder.file("net.safetensors"));
    refuse(folder.file("none/trace.json"), 1);
    refuse(folder.file(""), 1);
    refuse("/dev/full", 1);
    refuse(folder.file("net.safetensors"), 2);
    refuse(folder.file("train.txt"), 2);
    EXPECT_EQ(fs::file_size(folder.file("net.safetensors")), size);
}

TEST(TraceOption, IsWrittenWhenTheRunFails) {
    const TrainingFolder folder;
    const Outcome outcome = run_emulsion(folder.train(
        "run", 200, {"--lr", "1e18", "--lr-policy", "fixed", "--trace", folder.file("trace.json")}));
    EXPECT_EQ(outcome.exit_code, 5) << outcome.err;
    EXPECT_EQ(count_lines(outcome.err), 1) << outcome.err;
    EXPECT_FALSE(of_name(spans_of(folder.file("trace.json")), "step").empty());
}

TEST(TraceOption, IsWrittenWhenASignalEndsTraining) {
    const TrainingFolder folder;
    Background process(
        folder.train("run", 1'000'000, {"--log-interval", "1", "--trace", folder.file("trace.json")}));
    ASSERT_TRUE(wait_for_lines(folder.file("run/log.jsonl"), 5));
    process.send(SIGTERM);
    EXPECT_EQ(process.wait(), 128 + SIGTERM);
    EXPECT_FALSE(of_name(spans_of(folder.file("trace.json")), "save snapshot").empty());
}

TEST(TraceOption, IsWrittenWhenASignalEndsAnotherCommand) {
    const TrainingFolder folder;
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        const std::string path = folder.file("trace" + std::to_string(signal) + ".json");
        Background process(
            {"time", "--model", folder.file("net.safetensors"), "--runs", "1000000", "--trace", path});
        std::this_thread::sleep_for(std::chrono::seconds(2));
        process.send(signal);
        EXPECT_EQ(process.wait(), 128 + signal);
        ASSERT_TRUE(fs::exists(path)) << signal;
        spans_of(path);
    }
}

TEST(TraceOption, ASignalThatNohupIgnoresEndsNothing) {
    const TrainingFolder folder;
    const std::string path = folder.file("trace.json");
    const auto former = std::signal(SIGHUP, SIG_IGN);  // which a new process takes over
    Background process(
        {"time", "--model", folder.file("net.safetensors"), "--runs", "1000000", "--trace", path});
    std::signal(SIGHUP, former);
    std::this_thread::sleep_for(std::chrono::seconds(1));
    process.send(SIGHUP);
    std::this_thread::sleep_for(std::chrono::milliseconds(500));  // in which it would have ended
    process.send(SIGTERM);
    EXPECT_EQ(process.wait(), 128 + SIGTERM);
    spans_of(path);
}

}  // namespace
}  // namespace emulsion::test
