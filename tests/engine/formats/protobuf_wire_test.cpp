// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The wire form, against byte strings put together by hand from its description.
#include <gtest/gtest.h>

#include <cmath>

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

/// A message together with the bytes that it views.
struct Parsed {
    explicit Parsed(std::string wire)
        : bytes(std::move(wire)),
          message(read_wire(std::as_bytes(std::span(bytes)), sample_type, "file", unknown)) {}
    std::string bytes;
    Unknown unknown;
    Message message;
};

template <std::size_t N>
std::string wire(const char (&literal)[N]) {
    return std::string(literal, N - 1);
}

std::string refusal(const std::string& bytes) {
    return error_of(Error::Kind::data, [&] { Parsed parsed(bytes); });
}

class Memory final : public ByteSink {
   public:
    void append(std::span<const std::byte> bytes) override {
        text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    std::string text;
};

std::string written(const Message& message) {
    Memory sink;
    write_wire(message, sink);
    EXPECT_EQ(sink.text.size(), wire_size(message));
    return sink.text;
}

// Every kind of field once.
const std::string sample = wire(
    "\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"  // int: -1
    "\x10\xAC\x02"                                  // uint: 300
    "\x18\x01"                                      // flag: true
    "\x25\x00\x00\xC0\x3F"                          // real: 1.5
    "\x29\x00\x00\x00\x00\x00\x00\x04\xC0"          // wide: -2.5
    "\x32\x02hi"                                    // text
    "\x3A\x03\x00\xFF\x01"                          // blob
    "\x40\x01"                                      // mode: MAX
    "\x4A\x05\x0A\x01p\x12\x00"                     // part { name: "p" part {} }
    "\x52\x02\x18\x05"                              // parts { number: 5 }
    "\x52\x00"                                      // parts {}
    "\x5D\x00\x00\x80\x3F\x5D\x00\x00\x00\x40"      // reals: 1, 2
    "\x62\x08\x00\x00\x80\xBF\x00\x00\x00\x3F"      // run: -1, 0.5
    "\x6A\x03\x03\xE0\x01"                          // dim: 3, 224
    "\x72\x08\x00\x00\x00\x00\x00\x00\xF0\x3F"      // wides: 1
    "\x7A\x01x\x7A\x00"                             // texts: "x", ""
    "\xC0\x3E\x00");                                // modes: SUM

TEST(ProtobufWire, ReadsEveryKind) {
    const Parsed parsed(sample);
    const Message& m = parsed.message;
    EXPECT_TRUE(parsed.unknown.empty());
    EXPECT_EQ(m.integer("int"), -1);
    EXPECT_EQ(m.integer("uint"), 300);
    EXPECT_TRUE(m.flag("flag"));
    EXPECT_EQ(m.real("real"), 1.5);
    EXPECT_EQ(m.real("wide"), -2.5);
    EXPECT_EQ(m.text("text"), "hi");
    EXPECT_EQ(m.view("blob"), wire("\x00\xFF\x01"));
    EXPECT_EQ(m.choice("mode", "SUM"), "MAX");
    ASSERT_NE(m.message("part"), nullptr);
    EXPECT_EQ(m.message("part")->text("name"), "p");
    EXPECT_NE(m.message("part")->message("part"), nullptr);
    ASSERT_EQ(m.messages("parts").size(), 2U);
    EXPECT_EQ(m.messages("parts")[0]->integers("number"), Integers{5});
    EXPECT_EQ(m.floats("reals"), (std::vector<float>{1, 2}));
    EXPECT_EQ(m.floats("run"), (std::vector<float>{-1, 0.5F}));
    EXPECT_EQ(m.integers("dim"), (Integers{3, 224}));
    EXPECT_EQ(m.floats("wides"), std::vector<float>{1});
    EXPECT_EQ(m.texts("texts"), (std::vector<std::string>{"x", ""}));
    EXPECT_EQ(m.count("modes"), 1U);
}

TEST(ProtobufWire, WritesTheSameBytes) {
    EXPECT_EQ(written(Parsed(sample).message), sample);
}

TEST(ProtobufWire, PackedAndUnpackedAreOneThing) {
    EXPECT_EQ(Parsed(wire("\x65\x00\x00\x80\x3F\x62\x04\x00\x00\x00\x40")).message.floats("run"),
              (std::vector<float>{1, 2}));
    EXPECT_EQ(Parsed(wire("\x5A\x08\x00\x00\x80\x3F\x00\x00\x00\x40")).message.floats("reals"),
              (std::vector<float>{1, 2}));
    EXPECT_EQ(Parsed(wire("\x68\x07\x6A\x02\x08\x09")).message.integers("dim"), (Integers{7, 8, 9}));
    EXPECT_TRUE(Parsed(wire("\x62\x00\x6A\x00")).message.values().empty());
}

TEST(ProtobufWire, WritesRunsAsTheFieldDemands) {
    const std::vector<float> values = {1, 2};
    Message message(sample_type);
    message.add_floats("reals", values);  // one by one
    message.add_floats("run", values);
    message.add_integer("dim", 7);
    message.add_integer("dim", 8);
    EXPECT_EQ(written(message), wire("\x5D\x00\x00\x80\x3F\x5D\x00\x00\x00\x40"
                                     "\x62\x08\x00\x00\x80\x3F\x00\x00\x00\x40"
                                     "\x6A\x02\x07\x08"));
}

TEST(ProtobufWire, LargeAndSmallPiecesKeepTheirOrder) {
    std::vector<float> values(100'000);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
    Message message(sample_type);
    message.add_text("text", "before");
    message.add_floats("run", values);
    for (int i = 0; i < 30'000; ++i) message.add_message("parts").add_integer("number", i);
    const Parsed parsed(written(message));
    EXPECT_EQ(parsed.message.text("text"), "before");
    EXPECT_EQ(parsed.message.floats("run"), values);
    ASSERT_EQ(parsed.message.messages("parts").size(), 30'000U);
    EXPECT_EQ(parsed.message.messages("parts")[29'999]->integers("number"), Integers{29'999});
}

// A float on the wire is read as the number that was meant, and written back as the same bits.
TEST(ProtobufWire, FloatsMeanTheShortestDecimal) {
    std::mt19937 random(5);
    Message message(sample_type);
    message.add_real("real", 0.0001);
    EXPECT_EQ(Parsed(written(message)).message.real("real"), 0.0001);
    for (int i = 0; i < 100'000; ++i) {
        std::string bytes = "\x25";
        for (int byte = 0; byte < 4; ++byte) bytes += static_cast<char>(random());
        const Parsed parsed(bytes);
        const std::string back = written(parsed.message);
        if (std::isnan(parsed.message.real("real")))
            EXPECT_EQ(back.size(), bytes.size());
        else
            EXPECT_EQ(back, bytes);
    }
}

TEST(ProtobufWire, UnknownFieldsAreReportedAndSkipped) {
    const Parsed parsed(
        wire("\x80\x7D\x05"                           // 2000: a varint
             "\x52\x00\x52\x06\xA2\x06\x01?\x18\x05"  // parts[1].100, of a length
             "\x55\x01\x02\x03\x04"                   // parts as four bytes: not its wire type
             "\x08\x02"));
    EXPECT_EQ(parsed.message.integer("int"), 2);
    EXPECT_EQ(parsed.message.messages("parts")[1]->integers("number"), Integers{5});
    EXPECT_EQ(parsed.unknown,
              (Unknown{"field 2000, byte 0", "parts[1].field 100, byte 7", "field 10, byte 13"}));
}

TEST(ProtobufWire, ListsOfUnknownFieldsAreBounded) {
    std::string many;
    for (int i = 0; i < 5000; ++i) many += wire("\xA0\x06\x01");
    const Parsed parsed(many);
    EXPECT_EQ(parsed.unknown.size(), 1001U);
    EXPECT_EQ(parsed.unknown.back(), "and more unknown fields");
}

TEST(ProtobufWire, RefusesInOneLine) {
    EXPECT_EQ(refusal(wire("\x08")), "file: byte 1: it ends within a number");
    EXPECT_EQ(refusal(wire("\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01")),
              "file: byte 1: a number of more than 64 bits");
    EXPECT_EQ(refusal(wire("\x32\x05hi")),
              "file: byte 1: a length of 5 where 2 bytes are left: it is cut off or damaged");
    EXPECT_EQ(
        refusal(wire("\x32\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01")),
        "file: byte 1: a length of 18446744073709551615 where 0 bytes are left: it is cut off or damaged");
    EXPECT_EQ(refusal(wire("\x25\x01\x02")), "file: byte 1: it ends within a number");
    EXPECT_EQ(refusal(wire("\x62\x05zzzzz")),
              "file: byte 1: run: 5 bytes are no whole number of 4-byte numbers");
    EXPECT_EQ(refusal(wire("\x0B\x0C")), "file: byte 0: a group (field 1), which no format read here has");
    EXPECT_EQ(refusal(wire("\x0F")), "file: byte 0: wire type 7, which does not exist");
    EXPECT_EQ(refusal(wire("\x00")), "file: byte 0: field number 0; this is no Sample");
    // However much lies before.
    const std::string before = wire("\x08\x01\x08\x01\x08\x01");
    EXPECT_EQ(refusal(before + wire("\x32\x05hi")),
              "file: byte 7: a length of 5 where 2 bytes are left: it is cut off or damaged");
    EXPECT_EQ(refusal(before + wire("\x25\x01\x02")), "file: byte 7: it ends within a number");
    // The inner message may not read on into the outer one.
    EXPECT_EQ(refusal(wire("\x52\x01\x18\x05")), "file: byte 3: it ends within a number");
}

TEST(ProtobufWire, NestingIsBounded) {
    const auto nested = [](int depth) {
        Message message(sample_type);
        Message* inner = &message.add_message("part");
        for (int i = 1; i < depth; ++i) inner = &inner->add_message("part");
        return written(message);
    };
    EXPECT_NO_THROW(Parsed{nested(max_nesting)});
    EXPECT_NE(refusal(nested(max_nesting + 1)).find("nested deeper than 64"), std::string::npos);
}

TEST(ProtobufWire, ValuesAreBounded) {
    std::string many;
    for (std::size_t i = 0; i <= max_values; ++i) many += wire("\x18\x01");
    EXPECT_NE(refusal(many).find("more than 1048576 values"), std::string::npos);
    std::string packed = wire("\x6A\x81\x80\x40");
    packed.append(max_values + 1, '\1');
    EXPECT_NE(refusal(packed).find("more than 1048576 values"), std::string::npos);
}

// A hostile file may repeat a field that is not repeated; each must cost the same.
TEST(ProtobufWire, RepeatedSingleMessagesMergeInLinearTime) {
    std::string many;
    for (std::size_t i = 0; i < max_values / 2; ++i) many += wire("\x4A\x02\x18\x01");
    EXPECT_EQ(Parsed(many).message.message("part")->integers("number").size(), max_values / 2);
}

TEST(ProtobufWire, WhatIsTooLargeForAnyReaderIsNotWritten) {
    const std::vector<float> values(1 << 20);
    Message message(sample_type);
    for (int i = 0; i < 512; ++i) message.add_floats("run", values);
    Memory sink;
    EXPECT_NE(error_of(Error::Kind::data, [&] { write_wire(message, sink); }).find("2 GB"),
              std::string::npos);
    EXPECT_TRUE(sink.text.empty());
}

TEST(ProtobufWire, DamageIsSurvived) {
    std::mt19937_64 random(11);
    int accepted = 0;
    for (int i = 0; i < 20'000; ++i) {
        const std::string damaged = with_flipped_bits(sample, random);
        accepted += accepts([&] { written(Parsed(damaged).message); }) ? 1 : 0;
        accepts([&] { Parsed(sample.substr(0, random() % sample.size())); });
    }
    EXPECT_GT(accepted, 1000);
    EXPECT_LT(accepted, 19'000);
}

}  // namespace
}  // namespace emulsion::formats
