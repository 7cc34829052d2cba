// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Witnesses: the grammar's own examples, strtod and printf for numbers, and for UTF-8 the set of all
// encodings made from its definition.
#include "engine/json.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <random>
#include <set>

#include "tests/engine/support.h"

namespace emulsion {
namespace {

using json::Array;
using json::Object;
using json::Value;
using test::accepts;
using test::error_of;

Value parse(std::string_view text) {
    return json::parse(text, "here", std::size_t{64} << 20);
}

std::string refusal(std::string_view text) {
    return error_of(Error::Kind::data, [&] { parse(text); });
}

/// UTF-8 by its definition: the bits of `code`, six to a byte from the right, behind a length prefix.
std::string encoded(std::uint32_t code, int length) {
    static constexpr unsigned prefix[] = {0, 0x00, 0xC0, 0xE0, 0xF0};
    std::string text(static_cast<std::size_t>(length), '\0');
    for (int i = length - 1; i > 0; --i, code >>= 6) {
        text[static_cast<std::size_t>(i)] = static_cast<char>(0x80U | (code & 0x3FU));
    }
    text[0] = static_cast<char>(prefix[length] | code);
    return text;
}

int encoded_length(std::uint32_t code) {
    return code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

TEST(Json, ReadsEveryKindOfValue) {
    EXPECT_EQ(parse("null"), Value());
    EXPECT_EQ(parse(" true "), Value(true));
    EXPECT_EQ(parse("\t\r\n false"), Value(false));
    EXPECT_EQ(parse("0"), Value(0));
    EXPECT_EQ(json::write(parse("-0")), "-0.0");
    EXPECT_EQ(parse("-12"), Value(-12));
    EXPECT_EQ(parse("9223372036854775807"), Value(std::numeric_limits<std::int64_t>::max()));
    EXPECT_EQ(parse("-9223372036854775808"), Value(std::numeric_limits<std::int64_t>::min()));
    EXPECT_EQ(parse("0.5"), Value(0.5));
    EXPECT_EQ(parse("-1e3"), Value(-1000.0));
    EXPECT_EQ(parse("1E+2"), Value(100.0));
    EXPECT_EQ(parse("1.25e-2"), Value(0.0125));
    EXPECT_EQ(parse("0e99999"), Value(0.0));
    EXPECT_EQ(parse(R"("a\"\\\/\b\f\n\r\tz")"), Value("a\"\\/\b\f\n\r\tz"));
    EXPECT_EQ(parse(R"("\u00e9\u20AC\ud83d\ude00")"), Value("\u00e9\u20ac\U0001f600"));
    EXPECT_EQ(parse(R"("\u0000")"), Value(std::string(1, '\0')));
    EXPECT_EQ(parse("[]"), Value(Array{}));
    EXPECT_EQ(parse("[1, [2], {}]"), Value(Array{1, Value(Array{2}), Object{}}));
    EXPECT_EQ(parse(R"({"b": 1, "a": {"": null}})"), Value(Object{{"b", 1}, {"a", Object{{"", Value()}}}}));
}

TEST(Json, KeepsIntegersAndRealsApart) {
    EXPECT_NE(parse("1"), parse("1.0"));
    EXPECT_EQ(json::write(parse("[1,1.0,1e0]")), "[1,1.0,1.0]");
    EXPECT_EQ(json::write(parse("[-0.0,1e22,123456789012345680000.0]")),
              "[-0.0,1e+22,123456789012345683968.0]");
}

TEST(Json, FindsMembers) {
    const Value value = parse(R"({"a": 1, "b": [2]})");
    ASSERT_NE(value.find("b"), nullptr);
    EXPECT_EQ(*value.find("b"), Value(Array{2}));
    EXPECT_EQ(value.find("c"), nullptr);
    EXPECT_EQ(Value(1).find("a"), nullptr);
}

TEST(Json, RefusesWhatIsNotStrictJson) {
    for (const char* text : {"",
                             " ",
                             "nul",
                             "nulll",
                             "True",
                             "[1,]",
                             "[,1]",
                             "[1 2]",
                             "[1",
                             "]",
                             "{\"a\":1,}",
                             "{\"a\"}",
                             "{\"a\":}",
                             "{a:1}",
                             "{1:2}",
                             "{\"a\":1",
                             "01",
                             "-01",
                             "1.",
                             ".5",
                             "-",
                             "+1",
                             "1e",
                             "1e+",
                             "0x1",
                             "1.e1",
                             "NaN",
                             "Infinity",
                             "'a'",
                             "\"a",
                             "\"\\x\"",
                             "\"\\u12\"",
                             "\"\\u12g4\"",
                             "\"\\u+123\"",
                             "\"\\",
                             "\"\\u",
                             "1 2",
                             "/* */1",
                             "\"\t\"",
                             "\"a\nb\"",
                             "\xEF\xBB\xBF{}",
                             "--1",
                             "1-",
                             "\f1"}) {
        refusal(text);
    }
    refusal(std::string_view("1\0", 2));
    refusal(std::string_view("\0", 1));
    refusal(std::string_view("[\0]", 3));
}

TEST(Json, SaysWhereAndWhat) {
    EXPECT_EQ(refusal("{\"a\": 1,\n \"b\": x}"), "here: line 2, column 7: expected a value");
    EXPECT_EQ(refusal("[1"), "here: line 1, column 3: expected ',' or ']'");
    EXPECT_EQ(refusal("\"\u00e9\u20ac\" 1"),
              "here: line 1, column 6: something follows the end of the value");
    EXPECT_EQ(refusal("{\"a\":1,\"\\n\":2,\"\\u000a\":3}"),
              "here: line 1, column 15: key \"\\n\" stands twice");
    EXPECT_EQ(refusal("[9223372036854775808]"), "here: line 1, column 2: an integer beyond 64 bits");
    EXPECT_EQ(refusal("[-9223372036854775809]"), "here: line 1, column 2: an integer beyond 64 bits");
    EXPECT_EQ(refusal("[1e309]"), "here: line 1, column 2: a number beyond the range of a double");
    EXPECT_EQ(refusal("[-1e-400]"), "here: line 1, column 2: a number beyond the range of a double");
    EXPECT_EQ(refusal(R"(["\ud800x"])"), "here: line 1, column 3: half a surrogate pair");
    EXPECT_EQ(refusal(R"(["\udc00\udc00"])"), "here: line 1, column 3: half a surrogate pair");
    EXPECT_EQ(refusal(R"(["\ud800\ue000"])"), "here: line 1, column 3: half a surrogate pair");
    EXPECT_EQ(refusal(R"("\u12)"), "here: line 1, column 4: expected four hex digits");
    EXPECT_EQ(refusal(R"(["\udc00"])"), "here: line 1, column 3: half a surrogate pair");
    EXPECT_EQ(refusal(R"(["\ud800\u0041"])"), "here: line 1, column 3: half a surrogate pair");
}

TEST(Json, KeepsItsLimits) {
    const auto nested = [](int depth) {
        return std::string(static_cast<std::size_t>(depth), '[') +
               std::string(static_cast<std::size_t>(depth), ']');
    };
    EXPECT_TRUE(accepts([&] { parse(nested(json::max_depth)); }));
    EXPECT_NE(refusal(nested(json::max_depth + 1)).find("nested deeper than 64"), std::string::npos);
    refusal(std::string(10'000'000, '['));
    std::string objects;
    for (int i = 0; i <= json::max_depth; ++i) objects += "{\"a\":";
    EXPECT_NE(refusal(objects).find("nested deeper than 64"), std::string::npos);

    std::string list = "[0";
    for (std::size_t i = 2; i < json::max_values; ++i) list += ",0";  // the list itself is a value
    EXPECT_TRUE(accepts([&] { parse(list + "]"); }));
    EXPECT_NE(refusal(list + ",0]").find("more than 1048576 values"), std::string::npos);

    EXPECT_TRUE(accepts([&] { json::parse("[1]", "here", 3); }));
    EXPECT_EQ(error_of(Error::Kind::data, [] { json::parse("[1] ", "here", 3); }),
              "here: 4 bytes of JSON, more than the limit of 3");
}

TEST(Json, ReadsRealsAsStrtodDoes) {
    std::mt19937_64 random(1);
    for (int i = 0; i < 100'000; ++i) {
        const std::string text = std::to_string(random() % 100) + '.' +
                                 std::to_string(random() >> random() % 64) + 'e' +
                                 std::to_string(static_cast<int>(random() % 600) - 300);
        const double expected = std::strtod(text.c_str(), nullptr);
        if (expected == 0 || std::isinf(expected)) continue;
        const Value value = parse(text);
        ASSERT_NE(value.get<double>(), nullptr) << text;
        ASSERT_EQ(*value.get<double>(), expected) << text;
    }
}

/// The fewest significant digits with which printf writes `number` so that strtod reads it back.
int fewest_digits(double number) {
    for (int digits = 1;; ++digits) {
        char text[64];
        std::snprintf(text, sizeof text, "%.*e", digits - 1, number);
        if (std::strtod(text, nullptr) == number) return digits;
    }
}

int significant_digits(std::string text) {
    text = text.substr(0, text.find('e'));
    std::erase_if(text, [](char c) { return c < '0' || c > '9'; });
    const std::size_t first = text.find_first_not_of('0'), last = text.find_last_not_of('0');
    return first == std::string::npos ? 1 : static_cast<int>(last - first + 1);
}

TEST(Json, WritesRealsShortAndReadsTheSameBits) {
    std::mt19937_64 random(2);
    std::vector<double> numbers{0.0,
                                -0.0,
                                0.1,
                                1,
                                1e21,
                                1e22,
                                5e-324,
                                2.2250738585072014e-308,
                                0x1p53,
                                std::numeric_limits<double>::max(),
                                -std::numeric_limits<double>::min()};
    while (numbers.size() < 20'000) {
        const auto any = std::bit_cast<double>(random());
        if (std::isfinite(any)) numbers.push_back(any);
        numbers.push_back(static_cast<double>(random() % 100'000) / 1000);
    }
    for (const double number : numbers) {
        const std::string text = json::write(number);
        const Value back = parse(text);
        ASSERT_NE(back.get<double>(), nullptr) << text;
        ASSERT_EQ(std::bit_cast<std::uint64_t>(*back.get<double>()), std::bit_cast<std::uint64_t>(number))
            << text;
        // A whole number beyond 2^53 is written out where that is shorter than with an exponent.
        const bool written_out = std::abs(number) > 0x1p53 && text.find('e') == std::string::npos;
        if (!written_out) {
            ASSERT_EQ(significant_digits(text), fewest_digits(number)) << text;
        }
        ASSERT_LE(text.size(), 26U) << text;
    }
}

TEST(Json, CarriesEveryCharacterRawAndEscaped) {
    for (std::uint32_t code = 0; code <= 0x10FFFF; ++code) {
        if (code >= 0xD800 && code <= 0xDFFF) continue;
        const std::string character = encoded(code, encoded_length(code));
        const std::string written = json::write(character);
        ASSERT_EQ(parse(written), Value(character)) << code;
        for (const char c : written) ASSERT_GE(static_cast<unsigned char>(c), 0x20) << code;

        char escaped[32];
        if (code < 0x10000) {
            std::snprintf(escaped, sizeof escaped, "\"\\u%04X\"", code);
        } else {
            std::snprintf(escaped, sizeof escaped, "\"\\u%04x\\u%04x\"", 0xD800 + ((code - 0x10000) >> 10),
                          0xDC00 + (code & 0x3FF));
        }
        ASSERT_EQ(parse(escaped), Value(character)) << code;
    }
}

TEST(Json, AcceptsExactlyTheWellFormedUtf8) {
    std::set<std::string> valid;
    for (std::uint32_t code = 0x80; code < 0x10000; ++code) {
        if (code < 0xD800 || code > 0xDFFF) valid.insert(encoded(code, encoded_length(code)));
    }
    const auto check = [&](const std::string& bytes, bool expected) {
        ASSERT_EQ(accepts([&] { parse('"' + bytes + '"'); }), expected) << json::printable(bytes);
        ASSERT_EQ(accepts([&] { json::write(bytes); }), expected) << json::printable(bytes);
    };
    for (unsigned first = 0x80; first < 0x100; ++first) {
        check(std::string{static_cast<char>(first)}, false);
        for (unsigned second = 0x70; second < 0x100; ++second) {
            const std::string two{static_cast<char>(first), static_cast<char>(second)};
            check(two, valid.count(two) != 0);
            if (first < 0xE0) continue;
            for (const unsigned third : {0x7FU, 0x80U, 0xA0U, 0xBFU, 0xC0U}) {
                const std::string three = two + static_cast<char>(third);
                check(three, valid.count(three) != 0);
            }
        }
    }
    for (const std::uint32_t code : {0x0U, 0x7FFU, 0xFFFFU})
        check(encoded(code, 4), false);  // too long a form
    for (const std::uint32_t code : {0x10000U, 0x10FFFFU, 0xFFFFFU}) check(encoded(code, 4), true);
    for (const std::uint32_t code : {0x110000U, 0x13FFFFU, 0x140000U}) check(encoded(code, 4), false);
    check(encoded(0x10000, 4).substr(0, 3), false);
}

TEST(Json, NamesWhatItCannotWrite) {
    const Value document = Object{{"layers", Array{1, Object{{"rate", std::nan("")}}}}};
    EXPECT_EQ(error_of(Error::Kind::data, [&] { json::write(document); }),
              "layers[1].rate is NaN or infinite, which JSON cannot hold");
    EXPECT_EQ(error_of(Error::Kind::data, [] { json::write(HUGE_VAL); }),
              "the value is NaN or infinite, which JSON cannot hold");
    EXPECT_EQ(error_of(Error::Kind::data,
                       [] {
                           json::write(Object{{"a", "caf\xE9"}});
                       }),
              "a is not UTF-8, which JSON cannot hold");
    EXPECT_EQ(error_of(Error::Kind::data,
                       [] {
                           json::write(Object{{"caf\xE9", 1}});
                       }),
              "caf\\u00e9 is not UTF-8, which JSON cannot hold");
}

TEST(Json, PrintableTextIsOneShortLine) {
    EXPECT_EQ(json::printable("caf\u00e9"), "caf\u00e9");
    EXPECT_EQ(json::printable("a\nb\x1b[2J\x7f\"\\"), "a\\nb\\u001b[2J\\u007f\\\"\\\\");
    EXPECT_EQ(json::printable("\u009b2J"), "\\u009b2J");  // a terminal may obey this one too
    EXPECT_EQ(json::printable("\xff"), "\\u00ff");
    EXPECT_EQ(json::printable(std::string(1000, 'x')), std::string(80, 'x') + "...");
}

constexpr const char* sample =
    R"({"name": "caf\u00e9 é", "list": [1, -2.5e3, true, false, null, "\ud83d\ude00"],
  "deep": {"a": {"b": [[], {}, [0.1, 12345678901234]]}}, "empty": "", "number": 0})";

TEST(JsonMutation, EveryTruncationIsRefused) {
    const std::string text = sample;
    for (std::size_t length = 0; length < text.size(); ++length) refusal(text.substr(0, length));
}

TEST(JsonMutation, FlippedBitsAreRefusedOrReadFaithfully) {
    std::mt19937_64 random(3);
    int accepted = 0;
    for (int i = 0; i < 20'000; ++i) {
        const std::string text = test::with_flipped_bits(sample, random);
        accepted += accepts([&] {
            const Value value = parse(text);
            EXPECT_EQ(parse(json::write(value)), value) << text;
        });
    }
    EXPECT_GT(accepted, 1000);  // letters within strings, digits
    EXPECT_LT(accepted, 19'000);
}

}  // namespace
}  // namespace emulsion
