// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Cards from JSON, good and bad, and the arithmetic of a projection.
#include "apps/target.h"

#include <gtest/gtest.h>

#include <emulsion/error.h>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "apps/projection.h"
#include "tests/apps/child.h"
#include "tests/apps/fixtures.h"

namespace emulsion::test {
namespace {

using namespace emulsion::apps;
using Json = nlohmann::ordered_json;

Json some_card() {
    return {{"name", "Card"},
            {"devices", {"Card X"}},
            {"flop_per_second", 2e12},
            {"bytes_per_second", 100e9},
            {"multiprocessors", 10},
            {"clock_hertz", 1e9},
            {"shared_memory_bytes", 49152},
            {"memory_bytes", 1'000'000},
            {"sm", 35},
            {"source", "its data sheet"}};
}

// What parse_target says, or "accepted".
std::string verdict(const std::string& text) {
    try {
        parse_target(text, "card.json");
        return "accepted";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), Error::Kind::data) << error.what();
        const std::string message = error.what();
        EXPECT_EQ(message.find('\n'), message.npos);
        EXPECT_EQ(message.rfind("card.json", 0), 0U) << message;
        return message;
    }
}

std::string verdict_with(const char* key, const Json& value) {
    Json card = some_card();
    card[key] = value;
    return verdict(card.dump());
}

TEST(Target, TheReferenceCardIsBuiltIn) {
    const Target card = open_target("gtx-780-ti");
    EXPECT_EQ(card.name, "GeForce GTX 780 Ti");
    EXPECT_DOUBLE_EQ(card.flop_per_second, 2.0 * 2880 * 875e6) << "cores, clock, two operations each";
    EXPECT_DOUBLE_EQ(card.bytes_per_second, 336e9);
    EXPECT_EQ(card.multiprocessors, 15);
    EXPECT_EQ(card.sm, 35);
    const MeasuredSpeed* speed = card.measured_speed("photo", "training", 50);
    ASSERT_NE(speed, nullptr);
    EXPECT_DOUBLE_EQ(speed->iterations_per_second, 9.58);
    EXPECT_NEAR(speed->photos_per_second(), 479, 0.01);
    EXPECT_EQ(card.measured_speed("photo", "training", 49), nullptr);
    EXPECT_EQ(card.measured_speed("photo", "inference", 50), nullptr);
    EXPECT_EQ(card.measured_speed("alexnet", "training", 50), nullptr);
}

TEST(Target, AllOfThoseBuiltInAreSound) {
    const std::vector<std::string> names = target_names();
    EXPECT_GE(names.size(), 6U);
    for (const std::string& name : names) {
        const Target card = open_target(name);
        // Peak = cores * clock * 2, and cores come in 64s, 128s or 192s a multiprocessor.
        const double cores = card.flop_per_second / (2 * card.clock_hertz * card.multiprocessors);
        EXPECT_TRUE(std::abs(cores - 64) < 1 || std::abs(cores - 128) < 1 || std::abs(cores - 192) < 1)
            << name << " has " << cores;
    }
}

TEST(Target, IsFoundByTheEndOfTheNameThatItsDriverGives) {
    const auto name_of = [](const std::string& device) {
        const auto card = target_of_device(device, std::nullopt);
        return card ? card->name : "none";
    };
    EXPECT_EQ(name_of("NVIDIA GeForce GTX 780 Ti, sm_35"), "GeForce GTX 780 Ti");
    EXPECT_EQ(name_of("NVIDIA H100 80GB HBM3, sm_90"), "H100 SXM");
    EXPECT_EQ(name_of("NVIDIA H200, sm_90"), "H200 SXM");
    for (const char* other :
         {"NVIDIA H100 PCIe, sm_90", "NVIDIA H100 80GB HBM3 MIG 1g.10gb, sm_90",
          "NVIDIA GeForce RTX 4090 Laptop GPU, sm_89", "emulator", "", ", sm_90", "GH200, sm_90"})
        EXPECT_EQ(name_of(other), "none") << other;
}

TEST(Target, OnesOwnCardComesFirst) {
    const Target own = parse_target(some_card().dump(), "own");
    EXPECT_EQ(target_of_device("ACME Card X, sm_35", own)->name, "Card");
    EXPECT_FALSE(target_of_device("ACME Card X, sm_35", std::nullopt));
}

TEST(Target, OptionalMembersMayBeAbsent) {
    Json card = some_card();
    card.erase("devices");
    EXPECT_EQ(verdict(card.dump()), "accepted");
    for (const auto& item : some_card().items()) {
        if (item.key() == "devices") continue;
        Json without = some_card();
        without.erase(item.key());
        EXPECT_EQ(verdict(without.dump()), "card.json: \"" + item.key() + "\" is missing");
    }
}

TEST(Target, RefusesNumbersThatNoCardHas) {
    for (const char* key : {"flop_per_second", "bytes_per_second", "clock_hertz"})
        for (const double value : {0.0, -0.0, -5e12, 1e300, 1e-300})
            EXPECT_NE(verdict_with(key, value).find("not between"), std::string::npos) << key << value;
    for (const char* key : {"multiprocessors", "shared_memory_bytes", "memory_bytes", "sm"})
        for (const std::int64_t value : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1} << 62})
            EXPECT_NE(verdict_with(key, value).find("not between"), std::string::npos) << key << value;
    EXPECT_NE(verdict_with("multiprocessors", 1.5).find("not an integer"), std::string::npos);
}

TEST(Target, RefusesWrongTypesAndUnknownMembers) {
    for (const auto& item : some_card().items())
        for (const Json& wrong : {Json(nullptr), Json(true), Json(Json::object()), Json({{"a", 1}})})
            EXPECT_NE(verdict_with(item.key().c_str(), wrong), "accepted") << item.key() << wrong;
    EXPECT_NE(verdict_with("name", 1).find("not text"), std::string::npos);
    EXPECT_NE(verdict_with("sm", "35").find("not an integer"), std::string::npos);
    EXPECT_NE(verdict_with("devices", {1}), "accepted");
    EXPECT_NE(verdict_with("flop_per_secnd", 1e12).find("no member"), std::string::npos);
    EXPECT_NE(verdict_with("name", "two\nlines"), "accepted");
    EXPECT_NE(verdict_with("name", std::string(5000, 'x')), "accepted");
    EXPECT_NE(verdict("[]"), "accepted");
    Json speed{{"net", "n"}, {"mode", "training"}, {"batch", 1}, {"iterations_per_second", 1.5},
               {"by", "b"},  {"source", "s"}};
    EXPECT_EQ(verdict_with("measured", {speed}), "accepted");
    speed["mode"] = "sleeping";
    EXPECT_NE(verdict_with("measured", {speed}), "accepted");
    EXPECT_NE(verdict_with("measured", {1}), "accepted");
}

TEST(Target, RefusesWhatIsNotJson) {
    const std::string whole = some_card().dump();
    for (std::size_t length = 0; length < whole.size(); ++length)
        EXPECT_NE(verdict(whole.substr(0, length)), "accepted") << length;
    std::string nan = whole;
    nan.replace(nan.find("2000000000000.0"), 15, "NaN");
    EXPECT_NE(verdict(nan), "accepted");
    EXPECT_NE(verdict(std::string(50'000, '[')), "accepted");
    EXPECT_NE(verdict(std::string(100'000, ' ') + whole), "accepted");
}

TEST(Target, TheCommandSaysOneLineAndFour) {
    const TemporaryFolder folder;
    write_text(folder.file("truncated.json"), "{\"name\": ");
    write_text(folder.file("empty.json"), "");
    std::ofstream huge(folder.file("huge.json"));
    huge.seekp(1'000'000'000);  // a file with a hole takes no disk
    huge << "x";
    huge.close();
    for (const std::string& target :
         {std::string("no-such-card"), folder.file("absent.json"), folder.file("truncated.json"),
          folder.file("empty.json"), folder.file("huge.json"), folder.file("")}) {
        const Outcome outcome = run_emulsion({"time", "--model", "photo-mini", "--target", target});
        EXPECT_EQ(outcome.exit_code, 4) << target << outcome.err;
        EXPECT_EQ(outcome.out, "");
        EXPECT_EQ(count_lines(outcome.err), 1) << outcome.err;
    }
}

TEST(Projection, AgreesWithPaper) {
    const Roofline here{.flop_per_second = 100, .bytes_per_second = 10, .vector = ""};
    const Roofline there{.flop_per_second = 1000, .bytes_per_second = 20, .vector = ""};
    const std::vector<StepWork> works = {
        {{200, 1}, 4},  // arithmetic: floors 2 and 0.2 s; half of the floor; 0.4 s there
        {{1, 40}, 5},   // memory: floors 4 and 2 s; 0.8 of the floor; 2.5 s there
        {{0, 40}, 2},   // twice as fast as the floor, from caches: counts as 1, so 2 s there
        {{0, 0}, 1},    // nothing that must be done
        {{100, 1}, 0},  // no time was measured
    };
    const Projection p = project(works, here, there);
    ASSERT_EQ(p.steps.size(), 5U);
    EXPECT_DOUBLE_EQ(p.steps[0].floor_here, 2);
    EXPECT_DOUBLE_EQ(p.steps[0].floor_there, 0.2);
    EXPECT_DOUBLE_EQ(p.steps[0].reached, 0.5);
    EXPECT_DOUBLE_EQ(p.steps[0].seconds, 0.4);
    EXPECT_DOUBLE_EQ(p.steps[1].reached, 0.8);
    EXPECT_DOUBLE_EQ(p.steps[1].seconds, 2.5);
    EXPECT_DOUBLE_EQ(p.steps[2].reached, 2);
    EXPECT_DOUBLE_EQ(p.steps[2].seconds, 2);
    EXPECT_DOUBLE_EQ(p.steps[3].seconds, 0);
    EXPECT_DOUBLE_EQ(p.steps[4].seconds, 0);
    EXPECT_DOUBLE_EQ(p.total.floor_here, 2 + 4 + 4 + 1);
    EXPECT_DOUBLE_EQ(p.total.floor_there, 0.2 + 2 + 2 + 0.1);
    EXPECT_DOUBLE_EQ(p.total.seconds, 0.4 + 2.5 + 2);
    EXPECT_DOUBLE_EQ(p.total.reached, 11.0 / 12);
}

TEST(Projection, KnowsOnlyFloorsWithoutARoofHere) {
    const Roofline there{.flop_per_second = 1000, .bytes_per_second = 20, .vector = ""};
    const std::vector<StepWork> works = {{{200, 1}, 4}};
    const Projection p = project(works, std::nullopt, there);
    EXPECT_DOUBLE_EQ(p.total.floor_there, 0.2);
    EXPECT_EQ(p.total.seconds, 0);
}

}  // namespace
}  // namespace emulsion::test
