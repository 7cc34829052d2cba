// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// --tune as users meet it: who asks sees what is measured, and later runs use it without a word.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/apps/child.h"
#include "tests/temporary_folder.h"

namespace emulsion::test {
namespace {

class Tune : public ::testing::Test {
   protected:
    Outcome time(std::vector<std::string> more) {
        std::vector<std::string> arguments = {"time", "--model",       "photo-mini", "--runs",
                                              "1",    "--tuning-file", file_};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run_emulsion(arguments);
    }

    TemporaryFolder folder_;
    std::string file_ = folder_ / "tuning.json";
};

TEST_F(Tune, MeasuresWhenAskedAndIsSilentLater) {
    const Outcome untuned = time({});
    EXPECT_EQ(untuned.exit_code, 0) << untuned.err;
    EXPECT_FALSE(std::filesystem::exists(file_));

    const Outcome tuned = time({"--tune"});
    EXPECT_EQ(tuned.exit_code, 0) << tuned.err;
    EXPECT_NE(tuned.err.find("conv_forward"), std::string::npos) << tuned.err;
    EXPECT_NE(tuned.err.find("tuned: "), std::string::npos) << tuned.err;
    EXPECT_TRUE(std::filesystem::exists(file_));

    const Outcome again = time({"--tune", "on"});
    EXPECT_EQ(again.exit_code, 0) << again.err;
    EXPECT_EQ(again.err.find("tuned: "), std::string::npos) << again.err;
    EXPECT_EQ(time({}).err, "");
    EXPECT_EQ(time({"--tune=off"}).err, "");
}

TEST_F(Tune, ACorruptFileCostsOneLine) {
    std::ofstream(file_) << "{\"format\": ";
    const Outcome outcome = time({});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(count_lines(outcome.err), 1) << outcome.err;
    EXPECT_NE(outcome.err.find(file_), std::string::npos) << outcome.err;
    EXPECT_EQ(time({"--tune=off"}).err, "");
}

TEST_F(Tune, AnotherWordIsRefused) {
    const Outcome outcome = time({"--tune=perhaps"});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_EQ(count_lines(outcome.err), 1) << outcome.err;
}

}  // namespace
}  // namespace emulsion::test
