// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What stands around the solver: features, folds, calibration, the report.
#include <emulsion/error.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <functional>
#include <random>

#include "apps/baseline/class_report.h"
#include "apps/baseline/cross_validation.h"
#include "apps/baseline/features.h"
#include "apps/baseline/platt.h"
#include "data/npy.h"
#include "tests/apps/baseline/problems.h"
#include "tests/apps/fixtures.h"

namespace emulsion::test {
namespace {

using namespace baseline;

std::string complaint(const std::function<void()>& act) {
    try {
        act();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), Error::Kind::data);
        EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
        return error.what();
    }
    return "no error";
}

void write_arrays(const std::string& path, const std::vector<float>& values, std::int64_t columns,
                  const std::vector<std::int32_t>& labels) {
    NpyWriter x(path + ".npy", NpyType::f4, columns), y(path + ".labels.npy", NpyType::i4, 0);
    x.append(std::span(values));
    y.append(std::span(labels));
    x.commit();
    y.commit();
}

TEST(Features, ComeFromArraysAndFromText) {
    const TemporaryFolder folder;
    write_arrays(folder / "x", {1, 2, 3, 0, -0.5F, 0}, 3, {0, 1});
    write_text(folder / "x.txt", "# a comment\n-1 1:1 2:2 3:3\n\n+1 2:-0.5 # the rest\n");
    for (const char* name : {"x.npy", "x.txt"}) {
        const Features f = read_features(folder / name);
        EXPECT_EQ(f.count, 2);
        EXPECT_EQ(f.columns, 3);
        EXPECT_EQ(f.values, (std::vector<float>{1, 2, 3, 0, -0.5F, 0}));
        EXPECT_EQ(f.classes, (std::vector<std::int8_t>{0, 1}));
    }
    EXPECT_EQ(read_features(folder / "x.txt", 5).values.size(), 10U);
}

TEST(Features, AreRefusedInOneLine) {
    const TemporaryFolder folder;
    const auto of = [&](const std::string& name, std::int64_t columns = 0) {
        const std::string text = complaint([&] { read_features(folder / name, columns); });
        return text.starts_with(folder.path()) ? text.substr(folder.path().size() + 1) : text;
    };
    EXPECT_NE(of("absent.npy"), "no error");
    write_arrays(folder / "nan", {1, 2, 3, NAN}, 2, {0, 1});
    EXPECT_EQ(of("nan.npy"), "nan.npy: row 2, column 2 is not a finite number");
    write_arrays(folder / "inf", {1, -INFINITY, 3, 4}, 2, {0, 1});
    EXPECT_EQ(of("inf.npy"), "inf.npy: row 1, column 2 is not a finite number");
    write_arrays(folder / "three", {1, 2, 3}, 1, {0, 2, 1});
    EXPECT_EQ(of("three.npy"),
              "three.labels.npy: label 2 in row 2; a baseline tells class 1 from class 0, and "
              "knows no other");
    write_arrays(folder / "few", {1, 2, 3}, 1, {0, 1});
    EXPECT_EQ(of("few.npy").find("few.labels.npy: 2 labels for the 3 rows of "), 0U) << of("few.npy");
    EXPECT_EQ(of("few.labels.npy"), "few.labels.npy: an array of one dimension; features have a row a photo");
    write_arrays(folder / "wide", {1, 2, 3, 4}, 2, {0, 1});
    EXPECT_EQ(of("wide.npy", 3), "wide.npy: 2 features a photo, where 3 are wanted");
    const auto text = [&](const std::string& content) {
        write_text(folder / "t.txt", content);
        return of("t.txt");
    };
    EXPECT_EQ(text("1 1:1\n2 1:2\n"),
              "t.txt:2: label '2'; a baseline tells class 1 from class 0 (or -1), and knows no other");
    EXPECT_EQ(text("1 1:1\n0 2:1 2:2\n"), "t.txt:2: column 2 out of order");
    EXPECT_EQ(text("1 0:1\n"), "t.txt:1: '0:1' is not like 3:0.5");
    EXPECT_EQ(text("1 99999999999:1\n"), "t.txt:1: '99999999999:1' is not like 3:0.5");
    EXPECT_EQ(text("1 1:nan\n0 1:1\n"), "t.txt: row 1, column 1 is not a finite number");
    EXPECT_EQ(text("1 1:x\n"), "t.txt:1: '1:x' is not like 3:0.5");
    EXPECT_EQ(text("\n \n"), "t.txt: holds no photo");
}

TEST(Folds, HoldEveryClassEvenly) {
    std::vector<std::int8_t> classes;
    for (int i = 0; i < 101; ++i) classes.push_back(i % 4 == 0 ? 1 : 0);
    const auto folds = stratified_folds(classes, 3, 5);
    for (const int wanted : {0, 1}) {
        std::vector<int> counts(3);
        for (std::size_t i = 0; i < classes.size(); ++i)
            if (classes[i] == wanted) ++counts.at(static_cast<std::size_t>(folds[i]));
        EXPECT_LE(*std::ranges::max_element(counts) - *std::ranges::min_element(counts), 1) << wanted;
    }
    EXPECT_EQ(folds, stratified_folds(classes, 3, 5));
    // 75 of one class and 25 of the other by four: 25 in each, though neither class parts evenly.
    classes.pop_back();
    const auto four = stratified_folds(classes, 4, 5);
    for (int fold = 0; fold < 4; ++fold) EXPECT_EQ(std::ranges::count(four, fold), 25) << fold;
    EXPECT_NE(stratified_folds(classes, 3, 5), stratified_folds(classes, 3, 6));
    EXPECT_EQ(complaint([&] {
                  stratified_folds(std::vector<std::int8_t>{0, 0, 0, 1, 1}, 3, 1);
              }),
              "class 1 has 2 photos, too few for 3 folds");
}

TEST(CrossValidation, AgreesWithLibsvmWhateverTheThreads) {
    const Features f = clouds(240, 10, 9, 0.6);
    const auto folds = stratified_folds(f.classes, 3, 1);
    const std::vector<GridLine> grid{{{Kernel::Kind::linear, 0}, {0.1, 1}},
                                     {{Kernel::Kind::rbf, 0.05}, {0.1, 1, 10}}};
    DotRows dots(f.rows(), 1 << 24, DeviceId{}, 1);
    int heard = 0;
    const auto listen = [&](int, int of) {
        ++heard;
        EXPECT_EQ(of, 15);
    };
    const auto one = cross_validate(f.classes, folds, grid, own_machines(dots, 1 << 20), 1, listen);
    const auto two = cross_validate(f.classes, folds, grid, own_machines(dots, 1 << 20), 3, listen);
    const auto theirs = cross_validate(f.classes, folds, grid, libsvm_machines(f.rows(), 1 << 24), 2, listen);
    EXPECT_EQ(heard, 45);
    ASSERT_EQ(one.size(), 5U);
    for (std::size_t p = 0; p < one.size(); ++p) {
        EXPECT_EQ(one[p].held_out, two[p].held_out);
        EXPECT_NEAR(one[p].accuracy, theirs[p].accuracy, 0.005);
        for (std::size_t i = 0; i < f.classes.size(); ++i)
            EXPECT_NEAR(one[p].held_out[i], theirs[p].held_out[i], 0.02) << p << " " << i;
    }
}

TEST(CrossValidation, RatesByTheMeanOverFolds) {
    const Features f = clouds(90, 4, 12, 0.5);
    std::vector<std::int32_t> folds;  // of 10, 30 and 50 photos
    for (std::size_t i = 0; i < 90; ++i) folds.push_back(i % 9 == 0 ? 0 : i % 9 < 4 ? 1 : 2);
    DotRows dots(f.rows(), 1 << 24, DeviceId{}, 1);
    const auto points = cross_validate(f.classes, folds, {{{Kernel::Kind::rbf, 0.05}, {0.1, 10}}},
                                       own_machines(dots, 1 << 20), 1, [](int, int) {});
    for (const GridPoint& point : points) {
        std::array<double, 3> right{}, all{};
        for (std::size_t i = 0; i < 90; ++i) {
            const auto fold = static_cast<std::size_t>(folds[i]);
            all[fold] += 1;
            right[fold] += (point.held_out[i] > 0) == (f.classes[i] == 1) ? 1 : 0;
        }
        double mean = 0, variance = 0;
        for (std::size_t fold = 0; fold < 3; ++fold) mean += right[fold] / all[fold] / 3;
        for (std::size_t fold = 0; fold < 3; ++fold)
            variance += std::pow(right[fold] / all[fold] - mean, 2) / 3;
        EXPECT_NEAR(point.accuracy, mean, 1e-12);
        EXPECT_NEAR(point.deviation, std::sqrt(variance), 1e-9);
        EXPECT_GT(variance, 0);
    }
    std::vector<GridPoint> equal(3);
    equal[0].accuracy = 0.5;
    equal[1].accuracy = equal[2].accuracy = 0.75;
    EXPECT_EQ(&best_of(equal), &equal[1]) << "of equals the first";
}

TEST(CrossValidation, HoldsOutWhatItJudges) {
    // Labels without any sense: who saw the photo knows its label, who did not guesses.
    Features f = clouds(120, 40, 10, 0);
    const auto folds = stratified_folds(f.classes, 4, 1);
    DotRows dots(f.rows(), 1 << 24, DeviceId{}, 1);
    const auto points = cross_validate(f.classes, folds, {{{Kernel::Kind::rbf, 0.01}, {100}}},
                                       own_machines(dots, 1 << 20), 1, [](int, int) {});
    EXPECT_LT(points[0].accuracy, 0.7);
}

/// The loss that Platt's sigmoid minimises, straight from its definition.
double loss(const Sigmoid& sigmoid, const std::vector<double>& decisions,
            const std::vector<std::int8_t>& classes) {
    const auto good = static_cast<double>(std::ranges::count(classes, 1));
    const double bad = static_cast<double>(classes.size()) - good;
    double sum = 0;
    for (std::size_t i = 0; i < decisions.size(); ++i) {
        const double target = classes[i] == 1 ? (good + 1) / (good + 2) : 1 / (bad + 2);
        const double p = 1 / (1 + std::exp(sigmoid.a * decisions[i] + sigmoid.b));
        sum -= target * std::log(p) + (1 - target) * std::log(1 - p);
    }
    return sum;
}

Sigmoid likeliest(const std::vector<double>& decisions, const std::vector<std::int8_t>& classes) {
    // A plain optimiser: coordinate steps that halve when they no longer help.
    Sigmoid plain{0, 0};
    for (double step = 1; step > 1e-9; step /= 2)
        for (bool better = true; better;) {
            better = false;
            for (const Sigmoid next :
                 {Sigmoid{plain.a + step, plain.b}, Sigmoid{plain.a - step, plain.b},
                  Sigmoid{plain.a, plain.b + step}, Sigmoid{plain.a, plain.b - step},
                  Sigmoid{plain.a + step, plain.b - 5 * step}, Sigmoid{plain.a - step, plain.b + 5 * step}})
                if (loss(next, decisions, classes) < loss(plain, decisions, classes)) {
                    plain = next;
                    better = true;
                }
        }
    return plain;
}

TEST(Platt, IsTheLikeliestSigmoid) {
    const Features f = clouds(90, 1, 11, 1.2);
    const std::vector<double> decisions(f.values.begin(), f.values.end());
    const Sigmoid fitted = fit_sigmoid(decisions, f.classes), plain = likeliest(decisions, f.classes);
    EXPECT_NEAR(fitted.a, plain.a, 1e-4);
    EXPECT_NEAR(fitted.b, plain.b, 5e-4);
    EXPECT_LT(fitted.a, 0);
}

// Few of one class, decisions of any size, far outliers: Newton's whole steps go too far there.
TEST(Platt, IsAsLikelyAsAnyWhereWholeStepsGoTooFar) {
    std::mt19937 random(3);
    for (const double outlier : {0.0, 30.0, 300.0}) {
        for (const int rare : {2, 10, 45}) {
            std::vector<double> decisions;
            std::vector<std::int8_t> classes;
            for (int i = 0; i < 90; ++i) {
                classes.push_back(i < rare ? 1 : 0);
                decisions.push_back(static_cast<double>(random() % 400) / 100 - 2 + (i < rare ? 1 : 0));
            }
            decisions[0] -= outlier;
            decisions[89] += outlier;
            const Sigmoid fitted = fit_sigmoid(decisions, classes);
            EXPECT_LE(loss(fitted, decisions, classes),
                      loss(likeliest(decisions, classes), decisions, classes) + 1e-6)
                << outlier << " " << rare;
        }
    }
}

TEST(Platt, StaysFiniteWhereClassesDoNotOverlap) {
    const Sigmoid sigmoid =
        fit_sigmoid(std::vector<double>{-3, -2, 2, 3}, std::vector<std::int8_t>{0, 0, 1, 1});
    EXPECT_NEAR(sigmoid(3), 0.75, 0.05);  // (2 + 1) / (2 + 2)
    EXPECT_EQ(Sigmoid({-1, 0})(1e6), 1);
    EXPECT_EQ(Sigmoid({-1, 0})(-1e6), 0);
    const Sigmoid same = fit_sigmoid(std::vector<double>{1, 1, 1, 1}, std::vector<std::int8_t>{0, 1, 0, 1});
    EXPECT_NEAR(same(1), 0.5, 1e-6);
}

TEST(ClassReport, IsTableI) {
    // 3 of class 0, of whom 2 are found; 5 of class 1, of whom 4 are found.
    const std::vector<std::int8_t> truth{0, 0, 0, 1, 1, 1, 1, 1}, answers{0, 0, 1, 1, 1, 1, 1, 0};
    const ClassReport r = report(truth, answers);
    EXPECT_DOUBLE_EQ(r.classes[0].precision, 2.0 / 3);
    EXPECT_DOUBLE_EQ(r.classes[0].recall, 2.0 / 3);
    EXPECT_DOUBLE_EQ(r.classes[1].precision, 4.0 / 5);
    EXPECT_DOUBLE_EQ(r.classes[1].f1, 4.0 / 5);
    EXPECT_DOUBLE_EQ(r.average.precision, (3 * 2.0 / 3 + 5 * 4.0 / 5) / 8);
    EXPECT_DOUBLE_EQ(r.accuracy, 0.75);
    EXPECT_EQ(r.confusion[0][1], 1);
    EXPECT_EQ(r.text(),
              "             precision  recall  f1-score  support\n"
              "          0       0.67    0.67      0.67        3\n"
              "          1       0.80    0.80      0.80        5\n"
              "avg / total       0.75    0.75      0.75        8\n"
              "\naccuracy 0.7500\nconfusion (truth down, answer across)\n"
              "                   0        1\n"
              "          0        2        1\n"
              "          1        1        4\n");
    EXPECT_EQ(report(truth, std::vector<std::int8_t>(8, 1)).classes[0].precision, 0);
}

}  // namespace
}  // namespace emulsion::test
