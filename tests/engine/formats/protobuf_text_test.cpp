// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The text form: what protobuf's own parser takes, what it refuses, and what is written.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "engine/formats/message.h"
#include "tests/engine/formats/sample_schema.h"
#include "tests/engine/support.h"

namespace emulsion::formats {
namespace {

using emulsion::test::accepts;
using emulsion::test::error_of;
using emulsion::test::with_flipped_bits;
using test::sample_type;
using Integers = std::vector<std::int64_t>;
using Texts = std::vector<std::string>;

struct Parsed {
    explicit Parsed(std::string_view text) : message(read_text(text, sample_type, "f.prototxt", unknown)) {}
    Unknown unknown;
    Message message;
};

Message parsed(std::string_view text) {
    Parsed result(text);
    EXPECT_TRUE(result.unknown.empty());
    return std::move(result.message);
}

std::string refusal(const std::string& text) {
    return error_of(Error::Kind::data, [&] { Parsed result(text); });
}

TEST(ProtobufText, ReadsEveryKind) {
    const Message m = parsed(R"(# A comment, with "quotes" and { braces
int: -0x10 uint: 017, flag: true;
real: 1.5f   # and one at the end
wide: - 2e-3
text: 'a' "b"
  "c" mode: MAX
part { name: "p" part: < > }
parts: [ { number: 1 number: [2, 3] }, { } ]
parts <name:"q">
dim: [ 1, 2 ] dim: 3 modes: LEAST modes: 1 modes: -1
texts: [ "x" 'y', "" ])");
    EXPECT_EQ(m.integer("int"), -16);
    EXPECT_EQ(m.integer("uint"), 15);
    EXPECT_TRUE(m.flag("flag"));
    EXPECT_EQ(m.real("real"), 1.5);
    EXPECT_EQ(m.real("wide"), -0.002);
    EXPECT_EQ(m.text("text"), "abc");
    EXPECT_EQ(m.choice("mode", "SUM"), "MAX");
    EXPECT_EQ(m.message("part")->text("name"), "p");
    EXPECT_NE(m.message("part")->message("part"), nullptr);
    ASSERT_EQ(m.messages("parts").size(), 3U);
    EXPECT_EQ(m.messages("parts")[0]->integers("number"), (Integers{1, 2, 3}));
    EXPECT_EQ(m.messages("parts")[2]->text("name"), "q");
    EXPECT_EQ(m.integers("dim"), (Integers{1, 2, 3}));
    EXPECT_EQ(m.integers("modes"), (Integers{-1, 1, -1}));
    EXPECT_EQ(m.texts("texts"), (Texts{"xy", ""}));
}

TEST(ProtobufText, RemembersLines) {
    const Message m = parsed("int: 1\n\npart {\n  name: 'p' }\nparts { }\nparts\n{ }");
    EXPECT_EQ(m.values()[0].line, 1);
    EXPECT_EQ(m.message("part")->line, 3);
    EXPECT_EQ(m.message("part")->values()[0].line, 4);
    EXPECT_EQ(m.messages("parts")[0]->line, 5);
}

TEST(ProtobufText, Numbers) {
    const auto real = [](const std::string& text) { return parsed("wide: " + text).real("wide"); };
    EXPECT_EQ(real("1."), 1);
    EXPECT_EQ(real(".5"), 0.5);
    EXPECT_EQ(real("1e2"), 100);
    EXPECT_EQ(real("1E+2F"), 100);
    EXPECT_EQ(real("-7"), -7);
    EXPECT_EQ(real("0"), 0);
    EXPECT_EQ(real("123456789012345678901234567890"), 123456789012345678901234567890.0);
    EXPECT_EQ(real("inf"), std::numeric_limits<double>::infinity());
    EXPECT_EQ(real("-Infinity"), -std::numeric_limits<double>::infinity());
    EXPECT_TRUE(std::isnan(real("nan")));
    EXPECT_EQ(parsed("int: -9223372036854775808").integer("int"), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(parsed("uint: 0xFFFFFFFFFFFFFFFF").integer("uint"), -1);
    EXPECT_EQ(parsed("int: 0").integer("int"), 0);
    for (const char* text : {"t", "True", "1"})
        EXPECT_TRUE(parsed("flag: " + std::string(text)).flag("flag"));
    for (const char* text : {"f", "False", "0"})
        EXPECT_FALSE(parsed("flag: " + std::string(text)).flag("flag", true));
}

TEST(ProtobufText, WhatIsNoNumberIsRefused) {
    for (const char* text : {"wide: 1.2.3",
                             "wide: 1e",
                             "wide: 0x10",
                             "wide: 010",
                             "wide: 1x",
                             "wide: abc",
                             "wide: f",
                             "wide: --1",
                             "wide: 1e999",
                             "real: 1e39",
                             "wide: +1",
                             "int: 1.0",
                             "int: 1f",
                             "int: 0x",
                             "int: 08",
                             "int: 9223372036854775808",
                             "int: -9223372036854775809",
                             "uint: -1",
                             "uint: 18446744073709551616",
                             "flag: yes",
                             "flag: 2",
                             "mode: MEAN",
                             "mode: 7",
                             "mode: max"})
        EXPECT_TRUE(refusal(text).starts_with("f.prototxt:1: ")) << text;
}

TEST(ProtobufText, Strings) {
    const auto text = [](const std::string& literal) { return parsed("text: " + literal).text("text"); };
    EXPECT_EQ(text(R"("\a\b\f\n\r\t\v\\\'\"\?")"), "\a\b\f\n\r\t\v\\'\"?");
    EXPECT_EQ(text(R"('\101\1012\0')"), std::string("AA2\0", 4));
    EXPECT_EQ(text(R"("\x41\x4a4\X7")"), "AJ4\a");
    EXPECT_EQ(text(R"("\u00e9\U0001F600")"), "\xC3\xA9\xF0\x9F\x98\x80");
    EXPECT_EQ(text("'\"' \"'\" # between\n 'x'"), "\"'x");
    EXPECT_EQ(refusal("text: \"ab\ncd\""), "f.prototxt:1: a string does not end in its line");
    EXPECT_EQ(refusal("int: 1\ntext: 'ab"), "f.prototxt:2: a string does not end in its line");
    EXPECT_EQ(refusal(R"(text: "\q")"), "f.prototxt:1: an unknown escape within a string");
    EXPECT_EQ(refusal(R"(text: "\x")"), "f.prototxt:1: an escape with too few digits");
    EXPECT_EQ(refusal(R"(text: "\u12")"), "f.prototxt:1: an escape with too few digits");
    EXPECT_EQ(refusal(R"(text: "\ud800")"), "f.prototxt:1: an escape that is no character");
    EXPECT_EQ(refusal("text: \"\\"), "f.prototxt:1: an unknown escape within a string");
}

TEST(ProtobufText, UnknownFieldsAreReportedAndSkipped) {
    const Parsed result(R"(int: 1
quantum_param { a: 1 b < c: "}" > d: [1, -2.5, x] [e.f]: { } g: [ {}, < > ] }
parts { }
parts { name: "p"
  colour: "red" 'ish'; speed: -1e5
  number: 4 }
[ext.sion]: 5)");
    EXPECT_EQ(result.unknown, (Unknown{"quantum_param, line 2", "parts[1].colour, line 5",
                                       "parts[1].speed, line 5", "[ext.sion], line 7"}));
    EXPECT_EQ(result.message.integer("int"), 1);
    EXPECT_EQ(result.message.messages("parts")[1]->integers("number"), Integers{4});
}

TEST(ProtobufText, RefusesInOneLine) {
    EXPECT_EQ(refusal("int: 1\npart {\n name: 'p'\n"),
              "f.prototxt:4: the file ends within the message that begins in line 2");
    EXPECT_EQ(refusal("int: 1\nint: 2"), "f.prototxt:2: int stands twice");
    EXPECT_EQ(refusal("part { }\npart { }"), "f.prototxt:2: part stands twice");
    EXPECT_EQ(refusal("int 1"), "f.prototxt:1: expected ':' after int and found '1'");
    EXPECT_EQ(refusal("part { > }"), "f.prototxt:1: expected a name and found '>'");
    EXPECT_EQ(refusal("}"), "f.prototxt:1: expected a name and found '}'");
    EXPECT_EQ(refusal("part: 5"), "f.prototxt:1: expected '{' and found '5'");
    EXPECT_EQ(refusal("dim: [1 2]"), "f.prototxt:1: expected ']' and found '2'");
    EXPECT_EQ(refusal("int:"), "f.prototxt:1: expected a value and the file ends");
    EXPECT_EQ(refusal("int: [1]"), "f.prototxt:1: expected a value and found '['");
    EXPECT_EQ(refusal("text: abc"), "f.prototxt:1: expected a string in quotes and found 'a'");
    EXPECT_EQ(refusal("mode: MEAN"), "f.prototxt:1: mode is 'MEAN'; it must be one of: SUM, MAX, LEAST");
    EXPECT_EQ(refusal("strange"), "f.prototxt:1: expected ':' or '{' and the file ends");
    EXPECT_EQ(refusal("strange { [a\n]: 1 }"), "f.prototxt:1: expected ']' in this line");
}

TEST(ProtobufText, NestingIsBounded) {
    const auto nested = [](const std::string& name, int depth) {
        std::string text;
        for (int i = 0; i < depth; ++i) text += name + " {";
        return text + std::string(static_cast<std::size_t>(depth), '}');
    };
    EXPECT_NO_THROW(Parsed(nested("part", max_nesting)));
    EXPECT_NO_THROW(Parsed(nested("strange", max_nesting)));
    EXPECT_NE(refusal(nested("part", max_nesting + 1)).find("nested deeper than 64"), std::string::npos);
    EXPECT_NE(refusal(nested("strange", 100'000)).find("nested deeper than 64"), std::string::npos);
    EXPECT_NE(refusal("strange: " + std::string(100'000, '[')).find("nested deeper than 64"),
              std::string::npos);
}

TEST(ProtobufText, ValuesAreBounded) {
    std::string many = "dim: [0";
    for (std::size_t i = 0; i < max_values; ++i) many += ",0";
    EXPECT_NE(refusal(many + ']').find("more than 1048576 values"), std::string::npos);
}

TEST(ProtobufText, WritesWhatItReads) {
    const std::vector<float> run = {0.1F, -2};
    Message m(sample_type);
    m.add_integer("int", -3);
    m.add_integer("uint", -1);
    m.add_integer("flag", 1);
    m.add_real("real", 0.1);
    m.add_real("wide", 1e-300);
    m.add_text("text", "a\"\\\n\x01\xC3\xA9");
    m.add_choice("mode", "MAX");
    m.add_message("part").add_message("part").add_text("name", "deep");
    m.add_floats("run", run);
    m.add_real("reals", -std::numeric_limits<double>::infinity());
    m.add_real("reals", -std::numeric_limits<double>::quiet_NaN());
    const std::string text = write_text(m);
    EXPECT_EQ(text, R"(int: -3
uint: 18446744073709551615
flag: true
real: 0.1
wide: 1e-300
text: "a\"\\\n\001\303\251"
mode: MAX
part {
  part {
    name: "deep"
  }
}
run: 0.1
run: -2
reals: -inf
reals: nan
)");
    const Message back = parsed(text);
    EXPECT_EQ(write_text(back), text);
    EXPECT_EQ(back.text("text"), m.text("text"));
    EXPECT_EQ(back.floats("run"), run);
}

TEST(ProtobufText, DamageIsSurvived) {
    const std::string sample =
        "int: -0x10 flag: true; real: 1.5f text: 'a\\x41' \"b\" part { name: \"p\" odd: [1, {}] }\n"
        "parts: [ { number: [2, 3] }, < > ] # end\nmodes: LEAST dim: 3 strange <a: b>";
    std::mt19937_64 random(11);
    int accepted = 0;
    for (int i = 0; i < 20'000; ++i) {
        const std::string damaged = with_flipped_bits(sample, random);
        accepted += accepts([&] { write_text(Parsed(damaged).message); }) ? 1 : 0;
        accepts([&] { Parsed(sample.substr(0, random() % sample.size())); });
    }
    EXPECT_GT(accepted, 1000);
    EXPECT_LT(accepted, 19'000);
}

}  // namespace
}  // namespace emulsion::formats
