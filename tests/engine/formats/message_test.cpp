// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Messages as trees: what the getters make of values, of repeated ones and of none.
#include "engine/formats/message.h"

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

#include "tests/engine/formats/sample_schema.h"
#include "tests/engine/support.h"

namespace emulsion::formats {
namespace {

using emulsion::test::error_of;
using test::sample_type;

TEST(Message, AbsentFieldsHaveTheFallback) {
    const Message message(sample_type);
    EXPECT_FALSE(message.has("int"));
    EXPECT_EQ(message.integer("int", 7), 7);
    EXPECT_EQ(message.real("real", 0.5), 0.5);
    EXPECT_TRUE(message.flag("flag", true));
    EXPECT_EQ(message.text("text", "none"), "none");
    EXPECT_EQ(message.choice("mode", "MAX"), "MAX");
    EXPECT_EQ(message.message("part"), nullptr);
    EXPECT_TRUE(message.messages("parts").empty());
    EXPECT_TRUE(message.floats("run").empty());
    EXPECT_EQ(message.count("run"), 0U);
}

TEST(Message, KeepsTextOfItsOwn) {
    Message message(sample_type);
    {
        std::string passing(100, 'x');
        message.add_text("text", passing);
        message.add_text("texts", "a");
        passing.assign(100, 'y');
    }
    const Message moved = std::move(message);
    EXPECT_EQ(moved.text("text"), std::string(100, 'x'));
    EXPECT_EQ(moved.view("text"), std::string(100, 'x'));
}

TEST(Message, OfASingleFieldTheLastValueWins) {
    Message message(sample_type);
    message.add_integer("int", 1);
    message.add_integer("uint", 5);
    message.add_integer("int", 2);
    EXPECT_EQ(message.integer("int"), 2);
    EXPECT_EQ(message.count("int"), 1U);
    EXPECT_EQ(message.values().size(), 2U);
}

TEST(Message, SingleMessagesMergeAndRepeatedOnesDoNot) {
    Message message(sample_type);
    message.add_message("part").add_text("name", "first");
    message.add_message("part").add_integer("number", 3);
    EXPECT_EQ(message.message("part")->text("name"), "first");
    EXPECT_EQ(message.message("part")->integers("number"), (std::vector<std::int64_t>{3}));
    message.add_message("parts").add_text("name", "a");
    message.add_message("parts").add_text("name", "b");
    ASSERT_EQ(message.messages("parts").size(), 2U);
    EXPECT_EQ(message.messages("parts")[1]->text("name"), "b");
}

TEST(Message, FloatsJoinRunsAndSingleValues) {
    constexpr double huge = 1e300;
    const std::vector<float> run = {1.5F, -2.5F};
    Message message(sample_type);
    message.add_floats("run", run);
    message.add_real("run", 0.1);
    message.add_floats("run", run);
    EXPECT_EQ(message.floats("run"), (std::vector<float>{1.5F, -2.5F, 0.1F, 1.5F, -2.5F}));
    EXPECT_EQ(message.count("run"), 5U);
    message.add_real("wides", -huge);
    EXPECT_EQ(message.floats("wides"), (std::vector<float>{-std::numeric_limits<float>::infinity()}));
}

TEST(Message, DoublesBecomeTheNearestFloat) {
    constexpr float largest = std::numeric_limits<float>::max(),
                    infinity = std::numeric_limits<float>::infinity();
    EXPECT_EQ(to_float(3.4028235e38), largest);  // as the largest float is written, a little above it
    EXPECT_EQ(to_float(-3.4028235e38), -largest);
    EXPECT_EQ(to_float(3.4028236e38), infinity);
    EXPECT_EQ(to_float(-1e300), -infinity);
    EXPECT_EQ(to_float(0.1), 0.1F);
    EXPECT_EQ(as_written(0.1F), 0.1);
    EXPECT_EQ(as_written(largest), 3.4028235e38);
}

TEST(Message, ChoicesHaveNamesAndNumbers) {
    Message message(sample_type);
    message.add_choice("mode", "LEAST");
    EXPECT_EQ(message.choice("mode", "SUM"), "LEAST");
    EXPECT_EQ(message.integer("mode"), -1);
    message.add_integer("mode", 9);
    EXPECT_EQ(error_of(Error::Kind::data, [&] { message.choice("mode", "SUM"); }),
              "Sample.mode is 9, which has no meaning here");
}

TEST(Message, AWrongNameIsTheProgrammersMistake) {
    Message message(sample_type);
    EXPECT_THROW(message.integer("nothing"), std::logic_error);
    EXPECT_THROW(message.add_choice("mode", "MEAN"), std::logic_error);
}

}  // namespace
}  // namespace emulsion::formats
