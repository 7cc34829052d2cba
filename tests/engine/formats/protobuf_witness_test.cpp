// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Text that Emulsion reads and writes on as wire, against Google's protobuf library: the same bytes, or
// both refuse.
#include <gtest/gtest.h>

#include <sstream>

#include "engine/formats/message.h"
#include "tests/engine/formats/sample_schema.h"
#include "tests/engine/support.h"
#include "tests/witness/witness.h"

namespace emulsion::formats {
namespace {

using emulsion::test::put;
using emulsion::test::TemporaryFolder;
using emulsion::testing::witness;
using emulsion::testing::witness_absent;

class Hexadecimal final : public ByteSink {
   public:
    void append(std::span<const std::byte> bytes) override {
        constexpr std::string_view digits = "0123456789abcdef";
        for (const std::byte byte : bytes) {
            text += digits[std::to_integer<std::size_t>(byte >> 4)];
            text += digits[std::to_integer<std::size_t>(byte & std::byte{15})];
        }
    }
    std::string text;
};

std::string own_answer(const std::string& text) {
    Unknown unknown;
    Hexadecimal sink;
    try {
        write_wire(read_text(text, test::sample_type, "text", unknown), sink);
    } catch (const Error&) {
        return "refused";
    }
    return unknown.empty() ? sink.text : "refused";
}

// In the order of their numbers, as protobuf writes fields.
const std::vector<std::string> texts = {
    "int: -0x10 uint: 017, flag: true; real: 1.5f wide: -2e-3",
    "int: 9223372036854775807 uint: 0xFFFFFFFF flag: t real: inf wide: -Infinity",
    "int: -9223372036854775808 flag: 0 real: 3.4028235e38 wide: 1e-320",
    "real: 0.1 wide: 0.1 reals: [1., .5, 1e2, 1E+2F, 7, -0.0, nan]",
    "text: 'a' \"b\"\n \"c\" # joined\n blob: '\\001\\xff\\x7\\n'",
    "text: \"\\u00e9\\U0001F600\\101\"",
    "text: '' mode: MAX part { name: 'p' part: < > }",
    "mode: -1 part: { number: [1, -2] number: 3 } parts: [ { number: 1 }, < > ] parts { name: \"q\"; };",
    "run: 1 run: [2, 3] dim: [300, -1] wides: 1 texts: ['x' 'y', ''] modes: LEAST modes: 1",
    "dim: [] part {} parts {}",
    "# nothing",
    "int: 1 int: 2",
    "part {} part {}",
    "int: 1.0",
    "int: 1f",
    "int: 08",
    "int: 9223372036854775808",
    "uint: -1",
    "flag: 2",
    "flag: yes",
    "mode: MEAN",
    "mode: 7",
    "mode: max",
    "wide: 0x10",
    "wide: 1.2.3",
    "wide: 1e",
    "wide: --1",
    "wide: abc",
    "text: abc",
    "text: 'ab",
    "text: \"ab\ncd\"",
    "int 1",
    "part { > }",
    "part { name: 'p'",
    "part: 5",
    "}",
    "dim: [1 2]",
    "int: [1]",
    "int:",
    "colour: 'red'",
    "part { colour { } }",
};

TEST(ProtobufWitness, GooglesLibraryAgrees) {
    const TemporaryFolder folder;
    std::string file;
    for (const std::string& text : texts) file += text + "\n----\n";
    put(folder / "texts", file);
    const auto [status, answers] = witness("protobuf_sample.py", {folder / "texts"});
    if (status == witness_absent) GTEST_SKIP() << "SKIPPED: no protobuf library: " << answers;
    ASSERT_EQ(status, 0) << answers;
    std::istringstream lines(answers);
    int accepted = 0;
    for (const std::string& text : texts) {
        std::string answer;
        ASSERT_TRUE(std::getline(lines, answer));
        EXPECT_EQ(own_answer(text), answer) << text;
        accepted += answer == "refused" ? 0 : 1;
    }
    EXPECT_EQ(accepted, 11);
}

}  // namespace
}  // namespace emulsion::formats
