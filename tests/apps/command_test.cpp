// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What holds for every subcommand: help, usage errors, exit codes, and an output that fails.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>

#include "tests/apps/child.h"
#include "tests/apps/fixtures.h"

namespace emulsion::test {
namespace {

// One line on stderr in the form promised.
void expect_one_line(const Outcome& outcome) {
    EXPECT_EQ(count_lines(outcome.err), 1) << outcome.err;
    EXPECT_EQ(outcome.err.rfind("emulsion: ", 0), 0U) << outcome.err;
}

class Subcommand : public testing::TestWithParam<const char*> {};

TEST_P(Subcommand, HelpTellsExitCodes) {
    const Outcome help = run_emulsion({GetParam(), "--help"});
    EXPECT_EQ(help.exit_code, 0);
    EXPECT_TRUE(help.err.empty()) << help.err;
    for (const char* words : {"Exit codes:", "0  done", "1  failure", "2  usage", "3  device", "4  data"}) {
        EXPECT_NE(help.out.find(words), std::string::npos) << words;
    }
}

TEST_P(Subcommand, AnUnknownOptionIsAUsageErrorInOneLine) {
    const Outcome outcome = run_emulsion({GetParam(), "--no-such-option"});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_TRUE(outcome.out.empty());
    expect_one_line(outcome);
}

INSTANTIATE_TEST_SUITE_P(All, Subcommand,
                         testing::Values("devices", "inspect", "score", "init", "train", "test", "check",
                                         "time", "demo-set", "report"),
                         [](const auto& subcommand) {
                             std::string name = subcommand.param;
                             std::replace(name.begin(), name.end(), '-', '_');
                             return name;
                         });

TEST(Command, WithoutSubcommandIsAUsageError) {
    const Outcome outcome = run_emulsion({});
    EXPECT_EQ(outcome.exit_code, 2);
    expect_one_line(outcome);
}

TEST(Command, TellsItsVersion) {
    const Outcome outcome = run_emulsion({"--version"});
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_EQ(outcome.out.rfind("emulsion ", 0), 0U) << outcome.out;
}

struct Refusal {
    std::vector<std::string> arguments;
    int exit_code;
    std::string word;  ///< that the message must hold
};

TEST(Command, RefusesWhatMakesNoSenseInOneLine) {
    const std::vector<Refusal> refusals = {
        {{"inspect", "photo", "--batch", "0"}, 2, "--batch"},
        {{"inspect", "photo", "--device", "toaster"}, 2, "toaster"},
        {{"time", "--model", "photo-mini", "--device", "cuda:99"}, 3, "cuda:99"},
        {{"inspect", "photo", "--impl", "abacus"}, 3, "abacus"},
        {{"inspect", "photo", "--impl", "convolve=eigen"}, 2, "convolve"},
        {{"inspect", "photo", "--limit", "much"}, 2, "--limit"},
        {{"inspect", "photo", "--precision", "fp8"}, 2, "--precision"},
        {{"inspect", "no-such-net"}, 4, "no-such-net"},
        {{"inspect", "/no/such/model.safetensors"}, 4, "/no/such/model.safetensors"},
        {{"score", "--model", "photo", "a.jpg"}, 2, "weights"},
        {{"check", "--model", "photo", "--impl", "abacus", "--against", "eigen"}, 3, "abacus"},
        {{"time", "--model", "photo-mini", "--runs", "0"}, 2, "--runs"},
    };
    for (const Refusal& refusal : refusals) {
        const Outcome outcome = run_emulsion(refusal.arguments);
        EXPECT_EQ(outcome.exit_code, refusal.exit_code) << outcome.err;
        EXPECT_NE(outcome.err.find(refusal.word), std::string::npos) << outcome.err;
        EXPECT_TRUE(outcome.out.empty());
        expect_one_line(outcome);
    }
}

TEST(Command, AModelThatIsNoModelIsDataInOneLine) {
    const TemporaryFolder folder;
    write_text(folder.file("model.safetensors"), "not a model");
    const Outcome outcome = run_emulsion({"inspect", folder.file("model.safetensors")});
    EXPECT_EQ(outcome.exit_code, 4);
    EXPECT_NE(outcome.err.find("model.safetensors"), std::string::npos) << outcome.err;
    expect_one_line(outcome);
}

TEST(Command, AnOutputThatCannotBeWrittenIsAFailure) {
    for (const Output output : {Output::full_disk, Output::closed}) {
        for (const std::vector<std::string>& arguments :
             {std::vector<std::string>{"devices"}, {"devices", "--json"}, {"--help"}, {"inspect", "photo"}}) {
            const Outcome outcome = run_emulsion(arguments, output);
            EXPECT_EQ(outcome.exit_code, 1);
            EXPECT_NE(outcome.err.find("standard output"), std::string::npos) << outcome.err;
            expect_one_line(outcome);
        }
    }
}

TEST(Command, AReaderThatWentAwayEndsItQuietly) {
    const Outcome outcome = run_emulsion({"devices"}, Output::reader_gone);
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_EQ(outcome.signal, 0);
    EXPECT_TRUE(outcome.err.empty()) << outcome.err;
}

TEST(Devices, NameTheCpuAndWhatIsBuilt) {
    const Outcome outcome = run_emulsion({"devices"});
    EXPECT_EQ(outcome.exit_code, 0);
    for (const char* words : {"CPU", "cores", "memory", "cuda", "emulated", "eigen"}) {
        EXPECT_NE(outcome.out.find(words), std::string::npos) << words << " is missing in\n" << outcome.out;
    }
}

TEST(Devices, AsJson) {
    const auto json = nlohmann::json::parse(run_emulsion({"devices", "--json"}).out);
    EXPECT_FALSE(json["cpu"]["model"].get<std::string>().empty());
    EXPECT_GE(json["cpu"]["usable_cores"].get<int>(), 1);
    EXPECT_GT(json["memory"]["bytes"].get<std::int64_t>(),
              json["memory"]["available_bytes"].get<std::int64_t>());
    EXPECT_GT(json["memory"]["available_bytes"].get<std::int64_t>(), 0);
    EXPECT_EQ(json["devices"][0]["name"], "cpu");
    EXPECT_EQ(json["devices"][0]["built"], true);
    EXPECT_EQ(json["devices"][0]["implementations"].back(), "eigen");
    EXPECT_EQ(json["devices"][1]["built"], false);
    EXPECT_GE(json["components"].size(), 2U);
}

}  // namespace
}  // namespace emulsion::test
