// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/evaluate/measures.h"

#include <emulsion/error.h>
#include <gtest/gtest.h>
#include <cmath>
#include <numeric>
#include <random>

#include "apps/evaluate/bootstrap.h"

namespace emulsion::test {
namespace {

using namespace apps;

/// Random photos, of which a judge is right as often as `skill` says; scores on a coarse grid have ties.
Comparison random_photos(std::size_t photos, int folds, std::uint64_t seed, const std::vector<double>& skills,
                         bool ties = true) {
    std::mt19937_64 random(seed);
    const auto uniform = [&] { return std::uniform_real_distribution<>(0, 1)(random); };
    Comparison c;
    c.fold_count = folds;
    for (std::size_t i = 0; i < photos; ++i) {
        c.labels.push_back(uniform() < 0.45 ? 1 : 0);
        c.folds.push_back(static_cast<int>(random() % static_cast<std::uint64_t>(folds)));
    }
    for (const double skill : skills) {
        Comparison::Judge judge{"skill " + std::to_string(skill), {}, {}};
        for (std::size_t i = 0; i < photos; ++i) {
            const bool right = uniform() < skill;
            judge.answers.push_back(static_cast<std::int8_t>(right ? c.labels[i] : 1 - c.labels[i]));
            const double score = (judge.answers.back() + uniform()) / 2;
            judge.scores.push_back(ties ? std::round(score * 8) / 8 : score);
        }
        c.judges.push_back(std::move(judge));
    }
    return c;
}

/// Photos as often as they were drawn, measured by counting, pair by pair.
Measures measured_by_hand(const Comparison& c, const Comparison::Judge& judge,
                          const std::vector<std::uint32_t>& times) {
    std::vector<std::size_t> drawn;
    for (std::size_t i = 0; i < times.size(); ++i) drawn.insert(drawn.end(), times[i], i);
    double right = 0, found = 0, false_alarms = 0, missed = 0, won = 0, pairs = 0;
    for (const std::size_t i : drawn) {
        right += judge.answers[i] == c.labels[i] ? 1 : 0;
        found += judge.answers[i] == 1 && c.labels[i] == 1 ? 1 : 0;
        false_alarms += judge.answers[i] == 1 && c.labels[i] == 0 ? 1 : 0;
        missed += judge.answers[i] == 0 && c.labels[i] == 1 ? 1 : 0;
        for (const std::size_t j : drawn) {
            if (c.labels[i] != 1 || c.labels[j] != 0 || c.folds[i] != c.folds[j]) continue;
            pairs += 1;
            won += judge.scores[i] > judge.scores[j] ? 1 : judge.scores[i] == judge.scores[j] ? 0.5 : 0;
        }
    }
    const double precision = found / (found + false_alarms), recall = found / (found + missed);
    return {precision, recall, 2 * precision * recall / (precision + recall),
            right / static_cast<double>(drawn.size()), won / pairs};
}

TEST(Measures, AreWhatCountingGives) {
    for (const int folds : {1, 3}) {
        const Comparison c = random_photos(120, folds, 5, {0.7});
        for (std::uint64_t draw = 0; draw < 10; ++draw) {
            const auto times = draw_photos(c, 1, draw);
            const Measures found = Measurer(c, c.judges[0]).measure(times);
            const Measures expected = measured_by_hand(c, c.judges[0], times);
            for (std::size_t m = 0; m < measure_count; ++m)
                EXPECT_NEAR(found[m], expected[m], 1e-12) << measure_names[m];
        }
    }
}

TEST(Measures, TheAreaOfFoldsComparesNoScoresOfTwoModels) {
    Comparison c;
    c.fold_count = 2;
    c.labels = {0, 1, 0, 1};
    c.folds = {0, 0, 1, 1};
    c.judges = {{"two models, one higher", {0, 1, 0, 1}, {0.1, 0.2, 0.8, 0.9}}};
    EXPECT_EQ(Measurer(c, c.judges[0]).measure().back(), 1);
    c.folds = {0, 0, 0, 0};
    c.fold_count = 1;
    EXPECT_EQ(Measurer(c, c.judges[0]).measure().back(), 0.75);
}

TEST(Measures, WhatIsNotDefined) {
    Comparison c;
    c.labels = {0, 1};
    c.folds = {0, 1};
    c.fold_count = 2;
    c.judges = {{"shy", {0, 0}, {0.1, 0.2}}};
    const Measures m = Measurer(c, c.judges[0]).measure();
    EXPECT_EQ(m[0], 0);
    EXPECT_EQ(m[1], 0);
    EXPECT_EQ(m[2], 0);
    EXPECT_EQ(m[3], 0.5);
    EXPECT_TRUE(std::isnan(m[4])) << "no fold has both classes";
    EXPECT_TRUE(roc_curve(c, c.judges[0]).empty());
}

TEST(Measures, AScoreThatIsNoNumberIsRefused) {
    Comparison c = random_photos(20, 1, 8, {0.75});
    c.judges[0].scores[7] = std::nan("");
    EXPECT_THROW(Measurer(c, c.judges[0]), Error);
}

// The area under the curve that is drawn is the share of pairs.
TEST(Measures, TheCurveHasTheAreaOfOneFold) {
    const Comparison c = random_photos(200, 1, 8, {0.75});
    const auto points = roc_curve(c, c.judges[0]);
    EXPECT_EQ(points.front(), std::pair(0.0, 0.0));
    EXPECT_EQ(points.back(), std::pair(1.0, 1.0));
    double area = 0;
    for (std::size_t i = 1; i < points.size(); ++i) {
        EXPECT_LE(points[i - 1].first, points[i].first);
        EXPECT_LE(points[i - 1].second, points[i].second);
        area += (points[i].first - points[i - 1].first) * (points[i].second + points[i - 1].second) / 2;
    }
    EXPECT_NEAR(area, Measurer(c, c.judges[0]).measure().back(), 1e-12);
}

TEST(Measures, TheCurveOfFoldsIsTheirMean) {
    Comparison c;
    c.fold_count = 2;
    c.labels = {0, 1, 0, 1};
    c.folds = {0, 0, 1, 1};
    c.judges = {{"right, then wrong", {0, 1, 1, 0}, {0.1, 0.9, 0.9, 0.1}}};
    const auto points = roc_curve(c, c.judges[0]);
    EXPECT_EQ(points.front(), std::pair(0.0, 0.0));
    EXPECT_EQ(points.back(), std::pair(1.0, 1.0));
    EXPECT_EQ(points[100].second, 0.5) << "one at 1, one at 0";
}

TEST(Quantile, IsNumPys) {
    const std::vector<double> values = {1, 2, 4, 8, 16};
    EXPECT_EQ(quantile(values, 0), 1);
    EXPECT_EQ(quantile(values, 0.5), 4);
    EXPECT_NEAR(quantile(values, 0.025), 1.1, 1e-12);   // numpy.percentile(values, 2.5)
    EXPECT_NEAR(quantile(values, 0.975), 15.2, 1e-12);  // numpy.percentile(values, 97.5)
    EXPECT_EQ(quantile(values, 1), 16);
    EXPECT_TRUE(std::isnan(quantile({}, 0.5)));
}

TEST(Bootstrap, DrawsAsManyPhotosOfEachFoldAsItHas) {
    const Comparison c = random_photos(500, 4, 3, {0.7});
    std::vector<double> size(4), mean(c.photos());
    for (const int fold : c.folds) ++size[static_cast<std::size_t>(fold)];
    constexpr int draws = 400;
    double squares = 0;
    for (std::uint64_t draw = 0; draw < draws; ++draw) {
        const auto times = draw_photos(c, 9, draw);
        std::vector<double> drawn(4);
        for (std::size_t i = 0; i < times.size(); ++i) {
            drawn[static_cast<std::size_t>(c.folds[i])] += times[i];
            mean[i] += static_cast<double>(times[i]) / draws;
            squares += (times[i] - 1.0) * (times[i] - 1.0);
        }
        EXPECT_EQ(drawn, size);
    }
    // Each count is binomial, of mean 1 and variance 1 - 1/n, n some 125; six standard errors.
    for (const double m : mean) EXPECT_NEAR(m, 1, 6 / std::sqrt(draws));
    EXPECT_NEAR(squares / (draws * 500.0), 1 - 1 / 125.0, 0.03);
    EXPECT_NE(draw_photos(c, 9, 0), draw_photos(c, 10, 0));
}

TEST(Bootstrap, IsWhatMeasuringEachDrawByHandGives) {
    const Comparison c = random_photos(40, 2, 4, {0.6, 0.8});
    const BootstrapOptions options{200, 7, 2};
    const BootstrapResult result = bootstrap(c, options, [](int) {});
    for (std::size_t m = 0; m < measure_count; ++m) {
        std::vector<double> second, difference;
        for (std::uint64_t draw = 0; draw < 200; ++draw) {
            const auto times = draw_photos(c, 7, draw);
            second.push_back(measured_by_hand(c, c.judges[1], times)[m]);
            difference.push_back(second.back() - measured_by_hand(c, c.judges[0], times)[m]);
        }
        std::sort(second.begin(), second.end());
        std::sort(difference.begin(), difference.end());
        // Of 200, 0.025 lies at place 4.975 of the sorted: between the fifth and the sixth.
        EXPECT_NEAR(result.judges[1][m].low, second[4] + 0.975 * (second[5] - second[4]), 1e-12);
        EXPECT_NEAR(result.judges[1][m].high, second[194] + 0.025 * (second[195] - second[194]), 1e-12);
        EXPECT_NEAR(result.differences[1][m].low, difference[4] + 0.975 * (difference[5] - difference[4]),
                    1e-12);
        EXPECT_EQ(result.differences[0][m].high, 0) << "the first, less itself";
    }
}

// Of two photos, every second draw has one class alone, and no area.
TEST(Bootstrap, DrawsWithoutAnAreaSayNothingOfIt) {
    Comparison c;
    c.labels = {0, 1};
    c.folds = {0, 0};
    c.judges.push_back({"right", {0, 1}, {0.1, 0.9}});
    c.judges.push_back({"turned", {1, 0}, {0.9, 0.1}});
    const BootstrapResult result = bootstrap(c, {500, 1, 1}, [](int) {});
    for (const double v : {result.judges[0][4].low, result.judges[0][4].value, result.judges[0][4].high})
        EXPECT_EQ(v, 1);
    for (const double v : {result.differences[1][4].low, result.differences[1][4].high}) EXPECT_EQ(v, -1);
}

TEST(Bootstrap, ThreadsMakeNoDifference) {
    const Comparison c = random_photos(100, 1, 4, {0.6, 0.8});
    const BootstrapResult one = bootstrap(c, {300, 1, 1}, [](int) {});
    const BootstrapResult three = bootstrap(c, {300, 1, 3}, [](int) {});
    for (std::size_t m = 0; m < measure_count; ++m) {
        EXPECT_EQ(one.judges[0][m].low, three.judges[0][m].low);
        EXPECT_EQ(one.differences[1][m].high, three.differences[1][m].high);
    }
}

TEST(Bootstrap, TheIntervalOfAccuracyIsAsWideAsTheBinomials) {
    const Comparison c = random_photos(3000, 1, 6, {0.8});
    const Estimate accuracy = bootstrap(c, {4000, 1, 2}, [](int) {}).judges[0][3];
    const double width = 2 * 1.96 * std::sqrt(accuracy.value * (1 - accuracy.value) / 3000);
    EXPECT_NEAR(accuracy.high - accuracy.low, width, 0.06 * width);  // quantiles of 4000 draws: some 2%
    EXPECT_NEAR((accuracy.high + accuracy.low) / 2, accuracy.value, 0.05 * width);
}

TEST(Bootstrap, TheIntervalHoldsTheTruthAsOftenAsItSays) {
    constexpr int sets = 300;
    int held = 0, held_area = 0;
    for (std::uint64_t seed = 0; seed < sets; ++seed) {
        const Comparison c = random_photos(150, 1, 1000 + seed, {0.75}, false);
        const Estimates estimates = bootstrap(c, {300, seed, 2}, [](int) {}).judges[0];
        held += estimates[3].low <= 0.75 && 0.75 <= estimates[3].high ? 1 : 0;
        // Scores of a right answer lie above those of a wrong one, else they are alike: 0.75^2 of the pairs
        // are won, and half of those in which one of the two is right.
        constexpr double area = 0.75 * 0.75 + 0.75 * 0.25;
        held_area += estimates[4].low <= area && area <= estimates[4].high ? 1 : 0;
    }
    // 95%, less a little for small sets; three standard errors are 4%.
    EXPECT_NEAR(held, 0.94 * sets, 0.04 * sets);
    EXPECT_NEAR(held_area, 0.94 * sets, 0.04 * sets);
}

}  // namespace
}  // namespace emulsion::test
