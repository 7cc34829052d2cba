// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Charts, and the tables and statistics that a report stands on.
#include "apps/plot.h"

#include <gtest/gtest.h>

#include <emulsion/error.h>
#include <cmath>
#include <limits>

#include "apps/csv.h"
#include "apps/report_data.h"
#include "apps/training_log.h"
#include "tests/apps/fixtures.h"

namespace emulsion::test {
namespace {

using namespace emulsion::apps;

int count(const std::string& text, const std::string& word) {
    int found = 0;
    for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) ++found;
    return found;
}

TEST(Ticks, AreRoundAndLieWithin) {
    EXPECT_EQ(ticks(0, 1, 5), (std::vector<double>{0, 0.2, 0.4, 0.6000000000000001, 0.8, 1}));
    EXPECT_EQ(ticks(0, 500, 5), (std::vector<double>{0, 100, 200, 300, 400, 500}));
    EXPECT_EQ(ticks(-3, 7, 5), (std::vector<double>{-2, 0, 2, 4, 6}));
    EXPECT_TRUE(ticks(1, 1, 5).empty());
}

// Coordinates of the first path that is a curve: "M52.0 186.0L706.0 34.0".
std::string first_curve(const std::string& text) {
    const std::string head = "class=\"em-line em-0\" d=\"M";
    for (std::size_t at = text.find(head); at != text.npos; at = text.find(head, at + 1)) {
        const std::size_t begin = at + head.size() - 1, end = text.find('"', begin);
        if (text.substr(begin, end - begin).find('L') != std::string::npos)
            return text.substr(begin, end - begin);
    }
    return "";
}

TEST(Chart, PlacesPointsOnTheAxes) {
    // From (0, 0) at the bottom left to (10, 1) at the top right: a percent axis ends at 0 and 1.
    const Chart chart{"iteration", {{"Accuracy", true, {{"training", 0, false, {{0, 0}, {10, 1}}}}}}};
    EXPECT_EQ(first_curve(svg(chart)), "M52.0 186.0L706.0 34.0");
}

TEST(Chart, LeavesOutWhatIsNotFinite) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const Chart chart{"x", {{"Loss", true, {{"", 0, false, {{0, 0}, {5, nan}, {10, 1}}}}}}};
    const std::string text = svg(chart);
    EXPECT_EQ(first_curve(text), "M52.0 186.0L706.0 34.0");
    EXPECT_EQ(text.find("nan"), text.npos);
}

TEST(Chart, HasNoPointsAndStillDraws) {
    const std::string text = svg({"iteration", {{"Loss", false, {{"training", 0, false, {}}}}}});
    EXPECT_EQ(text.find("nan"), text.npos);
    EXPECT_EQ(text.find("inf"), text.npos);
}

TEST(Chart, ThinsALongCurveByMeans) {
    Line line{"", 0, false, {}};
    for (int i = 0; i < 120'000; ++i)
        line.points.emplace_back(i, i % 2);  // the mean of an even stretch is 0.5
    const std::string curve =
        first_curve(svg({"x", {{"y", true, {line, {"", 1, false, {{0, 0}, {1, 1}}}}}}}));
    EXPECT_LT(curve.size(), 20'000U);
    EXPECT_GT(count(curve, "L"), 300);
    EXPECT_EQ(count(curve, " 110.0"), count(curve, "L") + 1) << "halfway between 34 and 186";
}

TEST(Chart, EscapesText) {
    EXPECT_EQ(escape_markup("a<b> & \"c\" 'd'"), "a&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;");
    EXPECT_EQ(count(svg({"<script>", {{"<b>", false, {{"<i>", 0, false, {}}}}}}), "<script>"), 0);
}

TEST(TInterval, AgreesWithTables) {
    // Mean 3, standard deviation sqrt(2.5), t(0.975, 4) = 2.776: 2.776 * sqrt(2.5 / 5) = 1.963.
    const std::vector<double> values{1, 2, 3, 4, 5};
    const Interval interval = t_interval(values);
    EXPECT_DOUBLE_EQ(interval.mean, 3);
    EXPECT_NEAR(interval.low, 3 - 1.963, 1e-3);
    EXPECT_NEAR(interval.high, 3 + 1.963, 1e-3);
}

TEST(TInterval, OfOneValueSaysNothing) {
    const std::vector<double> one{0.9};
    EXPECT_EQ(t_interval(one).low, 0);
    EXPECT_EQ(t_interval(one).high, 1);
    EXPECT_EQ(t_interval({}).mean, 0);
}

TEST(Csv, ReadsQuotedCells) {
    const TemporaryFolder folder;
    write_text(folder.file("a.csv"), "b,a\r\n1,\"x, \"\"y\"\"\"\r\n2,\"two\nlines\"\n");
    const CsvTable table(folder.file("a.csv"), {"a", "b"});
    ASSERT_EQ(table.rows(), 2U);
    EXPECT_EQ(table.at(0, 0), "x, \"y\"");
    EXPECT_EQ(table.at(0, 1), "1");
    EXPECT_EQ(table.at(1, 0), "two\nlines");
}

TEST(Csv, NamesTheLineThatIsWrong) {
    const TemporaryFolder folder;
    write_text(folder.file("a.csv"), "a,b\n1,2\n3\n");
    try {
        const CsvTable table(folder.file("a.csv"), {"a"});
        FAIL() << "accepted";
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("a.csv:3"), std::string::npos) << error.what();
    }
    EXPECT_THROW(CsvTable(folder.file("a.csv"), {"c"}), Error);
}

const Curve some_curve{{{10, 0.7, 0.5}, {20, 1.0 / 3, 2.0 / 3}}, {{20, 0.1, 0.9}}};

TEST(TrainingLog, KeepsWhatBelongsToTheSnapshot) {
    const TemporaryFolder folder;
    const std::string path = folder.file("log.jsonl");
    std::int64_t kept = 0;
    {
        TrainingLog log(path, 0, {});
        log.write(event_of("train", {10, 0.7, 0.5}));
        kept = log.settle();
        log.write(event_of("train", {20, 9, 9}));  // lost with the iterations after the snapshot
    }
    TrainingLog log(path, kept, {});
    log.write(event_of("train", some_curve.training[1]));
    log.write(event_of("validation", some_curve.validation[0]));
    EXPECT_EQ(read_curve(path), some_curve) << "every bit of every number";
}

TEST(TrainingLog, IsMadeAnewFromTheCurve) {
    const TemporaryFolder folder;
    const std::string path = folder.file("log.jsonl");
    const TrainingLog log(path, 10'000, some_curve);
    EXPECT_EQ(read_curve(path), some_curve);
}

TEST(TrainingLog, IsReadUpToAHalfWrittenLine) {
    const TemporaryFolder folder;
    write_text(folder.file("log.jsonl"),
               "{\"event\":\"train\",\"iteration\":1,\"loss\":0.5,\"accuracy\":1}\n{\"event\":\"tra");
    EXPECT_EQ(read_curve(folder.file("log.jsonl")), (Curve{{{1, 0.5, 1}}, {}}));
}

TEST(Curve, GoesThroughJsonBitByBit) {
    EXPECT_EQ(curve_from_json(Json::parse(to_json(some_curve).dump())), some_curve);
}

}  // namespace
}  // namespace emulsion::test
