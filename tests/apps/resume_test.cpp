// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A run that is interrupted, in whatever way, ends with the same bits as one that is not.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <random>
#include <thread>

#include "tests/apps/child.h"
#include "tests/apps/training_fixtures.h"

namespace emulsion::test {
namespace {

namespace fs = std::filesystem;

class ResumeTest : public testing::Test {
   protected:
    std::vector<std::string> arguments(const std::string& out, bool resume = false) const {
        std::vector<std::string> more = {"--snapshot-interval", "7", "--val-interval", "25",
                                         "--log-interval",      "3"};
        if (resume) more.emplace_back("--resume");
        return folder_.train(out, iterations, more);
    }
    void run_through(const std::string& out, bool resume = false) const {
        const Outcome outcome = run_emulsion(arguments(out, resume));
        ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    }
    std::string log(const std::string& out) const { return folder_.file(out + "/log.jsonl"); }
    std::string snapshot(const std::string& out) const { return folder_.file(out + "/snapshot.safetensors"); }

    static constexpr int iterations = 600;
    TrainingFolder folder_;
};

TEST_F(ResumeTest, SameSeedSameBits) {
    run_through("a");
    run_through("b");
    expect_same_result(folder_.file("a"), folder_.file("b"));
}

TEST_F(ResumeTest, OneRunAtATime) {
    Background first(arguments("one"));
    ASSERT_TRUE(wait_for_lines(log("one"), 20));
    first.send(SIGSTOP);  // so that it does not end meanwhile
    for (const bool resume : {false, true}) {
        const Outcome second = run_emulsion(arguments("one", resume));
        EXPECT_EQ(second.exit_code, 2);
        EXPECT_EQ(std::count(second.err.begin(), second.err.end(), '\n'), 1) << second.err;
    }
    EXPECT_NE(run_emulsion(arguments("one", true)).err.find("another run is at work"), std::string::npos);
    first.send(SIGCONT);
    EXPECT_EQ(first.wait(), 0);
    run_through("whole");
    expect_same_result(folder_.file("whole"), folder_.file("one"));
}

TEST_F(ResumeTest, SignalsStopOrSave) {
    run_through("whole");
    for (const int signal : {SIGINT, SIGTERM}) {
        const std::string out = "signal" + std::to_string(signal);
        Background process(arguments(out));
        ASSERT_TRUE(wait_for_lines(log(out), 20));
        process.send(signal);
        ASSERT_EQ(process.wait(), 128 + signal);
        EXPECT_FALSE(fs::exists(folder_.file(out + "/model.safetensors"))) << "it was not finished";
        run_through(out, true);
        expect_same_result(folder_.file("whole"), folder_.file(out));
    }
    Background process(arguments("hangup"));
    ASSERT_TRUE(wait_for_lines(log("hangup"), 20));
    process.send(SIGHUP);
    EXPECT_EQ(process.wait(), 0);
    expect_same_result(folder_.file("whole"), folder_.file("hangup"));
}

TEST_F(ResumeTest, HangUpSavesBetweenIntervals) {
    std::vector<std::string> rare = arguments("rare");
    rare.insert(rare.end(), {"--snapshot-interval", "1000000"});
    Background process(rare);
    ASSERT_TRUE(wait_for_lines(log("rare"), 20));
    const auto before = fs::last_write_time(snapshot("rare"));
    process.send(SIGHUP);
    for (int i = 0; i < 5000 && fs::last_write_time(snapshot("rare")) == before; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    process.send(SIGKILL);
    process.wait();
    EXPECT_NE(fs::last_write_time(snapshot("rare")), before);
}

// Killed at any moment, a run leaves a whole snapshot, from which it goes on to the same end.
TEST_F(ResumeTest, KilledTenTimesItEndsWithTheSameBits) {
    run_through("whole");
    std::mt19937 random(std::random_device{}());
    int kills = 0;
    while (kills < 10) {
        const bool resume = fs::exists(snapshot("killed"));
        Background process(arguments("killed", resume));
        // From before the first byte is written to well into the run.
        std::this_thread::sleep_for(std::chrono::milliseconds(random() % 120));
        process.send(SIGKILL);
        if (process.wait() != 128 + SIGKILL) fs::remove_all(folder_.file("killed"));  // it was done; again
        ++kills;
        if (!fs::exists(snapshot("killed"))) continue;
        const auto tensors = tensors_of(snapshot("killed"));
        EXPECT_EQ(tensors.size(), 8U) << "four parameters and their momentum";
        EXPECT_TRUE(SafetensorsFile::open(snapshot("killed"))->metadata().contains("extra.state"));
    }
    run_through("killed", fs::exists(snapshot("killed")));
    expect_same_result(folder_.file("whole"), folder_.file("killed"));
}

}  // namespace
}  // namespace emulsion::test
