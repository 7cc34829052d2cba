// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What was measured is used again on the same device, and nowhere else; a file that is not right is one line.
#include "engine/tuning_file.h"

#include <emulsion/emulsion.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/engine/nets.h"

namespace emulsion::testing {
namespace {

class TuningFileTest : public ::testing::Test {
   protected:
    TuningFileTest() {
        options_.threads = 1;
        options_.batch = 2;
        options_.tuning_file = path_;
        options_.log = [this](LogLevel level, const std::string& message) {
            if (level == LogLevel::warning) warnings_.push_back(message);
            if (level == LogLevel::info && message.starts_with("tuned:")) ++measured_;
        };
    }

    std::string content() const {
        std::ostringstream text;
        text << std::ifstream(path_).rdbuf();
        return text.str();
    }
    void write(const std::string& text) const { std::ofstream(path_) << text; }
    void replace(const std::string& what, const std::string& by) const {
        std::string text = content();
        const auto at = text.find(what);
        ASSERT_NE(at, std::string::npos);
        write(text.replace(at, what.size(), by));
    }
    /// The implementation of conv1, as a session finds it.
    std::string conv1_by(Tuning tuning) {
        options_.tuning = tuning;
        const Session session(model_, options_);
        for (const StepInfo& step : session.program().steps())
            if (step.layer == "conv1") return step.implementation;
        return "";
    }

    TemporaryFolder folder_;
    std::string path_ = folder_.path() + "/deep/er/tuning.json";
    Options options_;
    std::vector<std::string> warnings_;
    int measured_ = 0;
    std::shared_ptr<const Model> model_ = seeded(branched());
};

TEST_F(TuningFileTest, MeasuresOnceAndThenReads) {
    conv1_by(Tuning::cached);
    EXPECT_FALSE(std::filesystem::exists(path_)) << "nothing is measured unasked";
    conv1_by(Tuning::measure);
    EXPECT_EQ(measured_, 1);
    EXPECT_TRUE(std::filesystem::exists(path_));
    conv1_by(Tuning::measure);
    conv1_by(Tuning::cached);
    EXPECT_EQ(measured_, 1);
    options_.batch = 3;
    conv1_by(Tuning::measure);
    EXPECT_EQ(measured_, 2) << "another batch is another measurement";
    EXPECT_EQ(warnings_, std::vector<std::string>());
}

/// A record that says something else than the order of the lists is what cached sessions do, and off ones
/// not.
TEST_F(TuningFileTest, WhatItSaysIsDone) {
    const std::string first = conv1_by(Tuning::off);
    conv1_by(Tuning::measure);
    const auto parsed = json::parse(content(), path_, std::size_t{1} << 20);
    const auto& record = parsed.find("records")->get<json::Array>()->at(0);
    TuningRecord told;
    told.key.device = *record.find("device")->get<std::string>();
    told.key.settings = *record.find("settings")->get<std::string>();
    for (const auto& each : *record.find("operations")->get<json::Array>()) {
        told.key.operations.push_back(*each.get<std::string>());
        told.names.emplace_back("eigen");
    }
    TuningFile::add_to(path_, told);
    EXPECT_EQ(conv1_by(Tuning::cached), "eigen");
    EXPECT_EQ(conv1_by(Tuning::off), first);
    options_.batch_invariant = true;
    EXPECT_EQ(conv1_by(Tuning::cached), first);
    EXPECT_EQ(warnings_, std::vector<std::string>());
}

TEST_F(TuningFileTest, AForeignDevicesRecordIsNotUsed) {
    conv1_by(Tuning::measure);
    replace("\"device\":", "\"device\": \"cpu, 64 threads, another\", \"was\":");
    conv1_by(Tuning::measure);
    EXPECT_EQ(measured_, 2);
    EXPECT_EQ(warnings_, std::vector<std::string>());
}

TEST_F(TuningFileTest, ACorruptFileIsOneLine) {
    conv1_by(Tuning::measure);
    const std::string good = content();
    std::string swapped = good;
    swapped.replace(swapped.find("emulsion tuning"), 8, "emission");
    for (const std::string& bad :
         {good.substr(0, good.size() / 2), std::string("\x89PNG"), std::string("[]"), std::string("{}"),
          swapped, std::string(R"({"format": "emulsion tuning 1", "records": [{}]})"),
          std::string(R"({"format": "emulsion tuning 1", "records": 3})"), std::string()}) {
        warnings_.clear();
        write(bad);
        conv1_by(Tuning::cached);
        ASSERT_EQ(warnings_.size(), 1U) << bad.substr(0, 60);
        EXPECT_EQ(warnings_[0].find('\n'), std::string::npos);
        EXPECT_NE(warnings_[0].find("it is ignored"), std::string::npos) << warnings_[0];
    }
    warnings_.clear();
    conv1_by(Tuning::measure);  // measures, and writes it anew
    EXPECT_EQ(warnings_.size(), 1U);
    conv1_by(Tuning::cached);
    EXPECT_EQ(warnings_.size(), 1U);
    EXPECT_EQ(measured_, 2);
}

TEST_F(TuningFileTest, AFileOfSomebodyElsesIsOneLineAndStays) {
    std::filesystem::create_directories(folder_.path() + "/deep/er");
    for (const std::string& foreign :
         {std::string("# shopping\nmilk\n"), std::string("[]"), std::string("{}")}) {
        warnings_.clear();
        write(foreign);
        conv1_by(Tuning::measure);
        ASSERT_EQ(warnings_.size(), 1U) << foreign;
        EXPECT_NE(warnings_[0].find("it is ignored"), std::string::npos) << warnings_[0];
        EXPECT_EQ(content(), foreign);
    }
}

TEST_F(TuningFileTest, NamesThatDoNotExistAreOneLine) {
    conv1_by(Tuning::measure);
    auto parsed = TuningFile(path_);
    const std::string text = content();
    const auto at = text.find("\"implementations\"");
    ASSERT_NE(at, std::string::npos);
    std::string bad = text;
    bad.replace(at, std::string::npos, "\"implementations\": [");
    const auto parsed_again = json::parse(text, path_, std::size_t{1} << 20);
    const std::size_t nodes = parsed_again.find("records")
                                  ->get<json::Array>()
                                  ->at(0)
                                  .find("operations")
                                  ->get<json::Array>()
                                  ->size();
    for (std::size_t i = 0; i < nodes; ++i) bad += i == 0 ? "\"nobody\"" : ", \"nobody\"";
    write(bad + "]}]}");
    conv1_by(Tuning::cached);
    ASSERT_EQ(warnings_.size(), 1U);
    EXPECT_NE(warnings_[0].find("does not fit"), std::string::npos) << warnings_[0];
}

TEST_F(TuningFileTest, AFileThatCannotBeWrittenIsOneLine) {
    options_.tuning_file = "/proc/emulsion/tuning.json";
    conv1_by(Tuning::measure);
    ASSERT_EQ(warnings_.size(), 1U);
    EXPECT_EQ(warnings_[0].find('\n'), std::string::npos);
}

}  // namespace
}  // namespace emulsion::testing
