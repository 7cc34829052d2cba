// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <emulsion/error.h>
#include <cstdint>
#include <limits>

#include "apps/common_text.h"

namespace emulsion::apps {
namespace {

TEST(Text, NumbersHaveCommas) {
    EXPECT_EQ(with_commas(0), "0");
    EXPECT_EQ(with_commas(999), "999");
    EXPECT_EQ(with_commas(1000), "1,000");
    EXPECT_EQ(with_commas(48'487'810), "48,487,810");
    EXPECT_EQ(with_commas(-123'456), "-123,456");
    EXPECT_EQ(with_commas(std::numeric_limits<std::int64_t>::min()), "-9,223,372,036,854,775,808");
}

TEST(Text, BytesHaveOneDecimalAndNeverFourDigits) {
    EXPECT_EQ(human_bytes(0), "0 B");
    EXPECT_EQ(human_bytes(1023), "1023 B");
    EXPECT_EQ(human_bytes(1024), "1.0 KiB");
    EXPECT_EQ(human_bytes(1024.0 * 1024 - 1), "1.0 MiB");
    EXPECT_EQ(human_bytes(1.9 * 1024 * 1024 * 1024), "1.9 GiB");
}

TEST(Text, Durations) {
    EXPECT_EQ(human_seconds(0.4), "0 s");
    EXPECT_EQ(human_seconds(59.6), "1 min 00 s");
    EXPECT_EQ(human_seconds(200), "3 min 20 s");
    EXPECT_EQ(human_seconds(7500), "2 h 05 min");
}

TEST(Text, SizesAreRead) {
    EXPECT_EQ(parse_bytes("512", "--limit"), 512U);
    EXPECT_EQ(parse_bytes("2GiB", "--limit"), std::uint64_t{2} << 30);
    EXPECT_EQ(parse_bytes("1.5 gib", "--limit"), std::uint64_t{3} << 29);
    EXPECT_EQ(parse_bytes("64k", "--limit"), 65536U);
    EXPECT_EQ(parse_bytes("300MB", "--limit"), 300'000'000U);
}

TEST(Text, WhatIsNoSizeIsRefusedByName) {
    for (const char* text : {"", "GiB", "2 apples", "-1", "0", "nan", "1e99", "2GiBB"}) {
        try {
            parse_bytes(text, "--limit");
            ADD_FAILURE() << text << " was taken";
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), Error::Kind::usage);
            EXPECT_NE(std::string(error.what()).find("--limit"), std::string::npos);
        }
    }
}

TEST(Text, OneLineHasNoControlCharacters) {
    EXPECT_EQ(one_line("a\nb\r\n\tc\x1b[2J\n"), "a b c [2J");
    EXPECT_EQ(one_line("\n"), "");
}

TEST(Text, TablesAlignByWidthOnScreen) {
    Table table({{"name"}, {"count", Table::Align::right}});
    table.add({"\xC3\xA9t\xC3\xA9", "5"});  // three letters in five bytes
    table.add({"autumn", "1,234"});
    EXPECT_EQ(table.text(),
              "name    count\n"
              "\xC3\xA9t\xC3\xA9         5\n"
              "autumn  1,234\n");
}

TEST(Text, CsvQuotesWhatItMust) {
    EXPECT_EQ(csv_field("plain.jpg"), "plain.jpg");
    EXPECT_EQ(csv_field("a,b\"c\".jpg"), "\"a,b\"\"c\"\".jpg\"");
}

}  // namespace
}  // namespace emulsion::apps
