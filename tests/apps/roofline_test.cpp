// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The roofline picture: where dots and roofs lie, and names that do not collide.
#include "apps/roofline.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <regex>

#include "apps/labels.h"

namespace emulsion::test {
namespace {

using namespace emulsion::apps;

using Point = std::pair<double, double>;

std::vector<Point> circles(const std::string& text) {
    static const std::regex circle(R"re(<circle [^>]*cx="([0-9.]+)" cy="([0-9.]+)" r="([0-9.]+)"><title>)re");
    std::vector<Point> found;
    for (std::sregex_iterator at(text.begin(), text.end(), circle), end; at != end; ++at)
        found.emplace_back(std::stod((*at)[1]), std::stod((*at)[2]));
    return found;
}

// Foot, ridge and right end of the roofs, the dashed one first.
std::vector<std::array<Point, 3>> roofs(const std::string& text) {
    static const std::regex roof(
        R"re(class="em-roof[^"]*" d="M([0-9.]+) ([0-9.]+)L([0-9.]+) ([0-9.]+)H([0-9.]+)")re");
    std::vector<std::array<Point, 3>> found;
    for (std::sregex_iterator at(text.begin(), text.end(), roof), end; at != end; ++at) {
        const auto n = [&](int i) { return std::stod((*at)[static_cast<std::size_t>(i)]); };
        found.push_back({Point{n(1), n(2)}, Point{n(3), n(4)}, Point{n(5), n(4)}});
    }
    return found;
}

// Every tag is closed in its order, and no bare & or < stands in text.
bool well_formed(const std::string& text) {
    static const std::regex tag(R"re(<(/?)([a-z]+)((?: [a-zA-Z-]+="[^"<]*")*)(/?)>)re");
    std::vector<std::string> open;
    std::size_t last = 0;
    const auto plain = [&](std::size_t from, std::size_t to) {
        const std::string part = text.substr(from, to - from);
        static const std::regex bare(R"re(<|&(?!amp;|lt;|gt;|quot;|#39;))re");
        return !std::regex_search(part, bare);
    };
    for (std::sregex_iterator at(text.begin(), text.end(), tag), end; at != end; ++at) {
        const auto& m = *at;
        if (!plain(last, static_cast<std::size_t>(m.position()))) return false;
        last = static_cast<std::size_t>(m.position() + m.length());
        if (m[1].length() != 0) {
            if (open.empty() || open.back() != m[2].str()) return false;
            open.pop_back();
        } else if (m[4].length() == 0) {
            open.push_back(m[2].str());
        }
    }
    return open.empty() && plain(last, text.size());
}

Roofline roof_of(double flop, double bytes) {
    Roofline roof;
    roof.flop_per_second = flop;
    roof.bytes_per_second = bytes;
    return roof;
}

// 100 GFLOP/s, 10 GB/s: the ridge is at 10 flop a byte.
RooflineChart chart_with(std::vector<ChartDot> dots) {
    return {"net", {"cpu", roof_of(100e9, 10e9)}, std::nullopt, std::move(dots)};
}

ChartDot dot(double flop, double bytes, double seconds) {
    return {"step", StepKind::convolution, false, {flop, bytes}, seconds, 0.1, "details"};
}

TEST(RooflinePicture, PutsAStepAtItsFloorOnTheRoof) {
    // The first two take just their floor: 1 s of memory, 1 s of arithmetic; the third is the ridge itself.
    const std::string text =
        svg(chart_with({dot(10e9, 10e9, 1), dot(100e9, 1e9, 1), dot(100e9, 10e9, 1), dot(10e9, 10e9, 2)}));
    const auto dots = circles(text);
    const auto lines = roofs(text);
    ASSERT_EQ(dots.size(), 4U);
    ASSERT_EQ(lines.size(), 1U);
    const auto [foot, ridge, end] = lines[0];
    const double slope = (ridge.second - foot.second) / (ridge.first - foot.first);
    EXPECT_NEAR(dots[0].second, foot.second + slope * (dots[0].first - foot.first), 0.3);
    EXPECT_NEAR(dots[1].second, end.second, 0.2);
    EXPECT_GT(dots[1].first, ridge.first);
    EXPECT_NEAR(dots[2].first, ridge.first, 0.2);
    EXPECT_NEAR(dots[2].second, ridge.second, 0.2);
    EXPECT_GT(dots[3].second, dots[0].second + 5) << "twice the time lies lower";
    EXPECT_NEAR(dots[3].first, dots[0].first, 0.01);
}

TEST(RooflinePicture, DrawsTheTargetsRoofDashedAndInScale) {
    RooflineChart chart = chart_with({dot(10e9, 10e9, 2)});
    chart.target = ChartRoof{"card", roof_of(1000e9, 10e9)};
    const std::string text = svg(chart);
    const auto lines = roofs(text);
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_NE(text.find("em-target\" d="), text.npos);
    EXPECT_NEAR(lines[0][0].second, lines[1][0].second, 0.1) << "the same bandwidth";
    EXPECT_LT(lines[0][1].second, lines[1][1].second - 20);
    EXPECT_EQ(svg(chart_with({})).find("em-target\" d="), text.npos);
}

TEST(RooflinePicture, LeavesOutWhatHasNoPlaceAndSaysSo) {
    ChartDot reorder = dot(0, 1e9, 1);
    reorder.share = 0.25;
    const std::string text = svg(chart_with({reorder, dot(1e9, 0, 1), dot(1e9, 1e9, 0), dot(1e9, 1e9, 1)}));
    EXPECT_EQ(circles(text).size(), 1U);
    EXPECT_NE(text.find("45.0% of the time"), text.npos);
    for (const char* word : {"nan", "inf"}) EXPECT_EQ(text.find(word), text.npos);
}

TEST(RooflinePicture, StaysXmlWhateverALayerIsCalled) {
    ChartDot odd = dot(1e9, 1e9, 1);
    odd.label = "<conv & \"relu\">\x01\xff'";
    odd.details = "<script>&\x02";
    RooflineChart chart = chart_with({odd, dot(1e9, 1e8, 1)});
    chart.title = "<net>";
    chart.target = ChartRoof{"a<b & c", roof_of(1e12, 1e11)};
    const std::string text = svg(chart);
    EXPECT_TRUE(well_formed(text)) << text;
    for (const char c : text) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n');
    EXPECT_EQ(text.find('\xff'), text.npos);
    EXPECT_FALSE(well_formed("<a><b></a></b>"));
    EXPECT_FALSE(well_formed("<a>&</a>"));
}

TEST(RooflinePicture, SharesOfTimeAreAreas) {
    ChartDot small = dot(1e9, 1e9, 1), large = dot(2e9, 1e9, 1);
    small.share = 0.1;
    large.share = 0.4;
    const std::string text = svg(chart_with({small, large}));
    static const std::regex radius(R"re(r="([0-9.]+)"><title>)re");
    std::vector<double> radii;
    for (std::sregex_iterator at(text.begin(), text.end(), radius), end; at != end; ++at)
        radii.push_back(std::stod((*at)[1]));
    ASSERT_EQ(radii.size(), 2U);
    EXPECT_NEAR(radii[0] / radii[1], 2, 0.02) << "the largest first, and four times the area";
}

TEST(LogAxis, IsStraightInTheLogarithm) {
    const LogAxis axis{0.1, 1000, 50, 450};
    EXPECT_NEAR(axis.at(0.1), 50, 1e-9);
    EXPECT_NEAR(axis.at(1), 150, 1e-9);
    EXPECT_NEAR(axis.at(1000), 450, 1e-9);
    const auto ticks = LogAxis{0.5, 20, 0, 1}.ticks();
    EXPECT_EQ(ticks.size(), 6U) << "0.5 1 2 5 10 20";
}

constexpr Box frame = {0, 0, 400, 300};

// Names of 40 x 12 for dots on a spiral, so dense that not all find room.
std::vector<LabelledDot> crowd(int count) {
    std::vector<LabelledDot> dots;
    for (int i = 0; i < count; ++i)
        dots.push_back({200 + i * std::cos(i * 0.7), 150 + i * std::sin(i * 0.7), 3.0 + i % 5, 40, 12});
    return dots;
}

TEST(Labels, NoTwoOverlapNorDoTheyCoverDotsOrLines) {
    const auto dots = crowd(90);
    const auto obstacles = along_line({0, 300}, {400, 0}, 3);
    const auto labels = place_labels(dots, frame, obstacles);
    ASSERT_EQ(labels.size(), dots.size());
    int placed = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        if (!labels[i]) continue;
        ++placed;
        EXPECT_TRUE(labels[i]->box.within(frame));
        for (std::size_t j = 0; j < i; ++j)
            if (labels[j]) EXPECT_FALSE(labels[i]->box.overlaps(labels[j]->box)) << i << " " << j;
        for (const LabelledDot& each : dots) EXPECT_FALSE(covers(each, labels[i]->box));
        for (const Box& each : obstacles) EXPECT_FALSE(labels[i]->box.overlaps(each));
    }
    EXPECT_GT(placed, 20);
    EXPECT_LT(placed, 90) << "this crowd was meant to be too dense";
}

TEST(Labels, ALineLeadsToANameThatIsFarAwayAndCrossesNoName) {
    const auto labels = place_labels(crowd(90), frame, {});
    int leaders = 0;
    for (const auto& label : labels) {
        if (!label || !label->leader) continue;
        ++leaders;
        for (const auto& other : labels) {
            if (!other || &other == &label) continue;
            for (const Box& part : along_line(label->leader_from, label->leader_to, 1))
                EXPECT_FALSE(part.overlaps(other->box));
        }
    }
    EXPECT_GT(leaders, 0);
}

TEST(Labels, ALoneDotHasItsNameToTheRight) {
    const std::vector<LabelledDot> one = {{100, 100, 5, 40, 12}};
    const auto labels = place_labels(one, frame, {});
    ASSERT_TRUE(labels[0]);
    EXPECT_FALSE(labels[0]->leader);
    EXPECT_DOUBLE_EQ(labels[0]->box.x, 109);
    EXPECT_DOUBLE_EQ(labels[0]->box.y, 94);
    const std::vector<LabelledDot> at_edge = {{395, 100, 5, 40, 12}};
    EXPECT_DOUBLE_EQ(place_labels(at_edge, frame, {})[0]->box.x, 395 - 9 - 40);
}

TEST(Labels, TheSameInputGivesTheSamePlaces) {
    const auto one = place_labels(crowd(60), frame, {}), other = place_labels(crowd(60), frame, {});
    for (std::size_t i = 0; i < one.size(); ++i) {
        ASSERT_EQ(one[i].has_value(), other[i].has_value());
        if (one[i]) EXPECT_EQ(one[i]->box.x, other[i]->box.x);
    }
}

}  // namespace
}  // namespace emulsion::test
