// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Trained machines and forests: their files, and the command that makes them.
#include <emulsion/error.h>
#include <emulsion/safetensors.h>
#include <gtest/gtest.h>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "apps/baseline/cross_validation.h"
#include "apps/baseline/forest.h"
#include "apps/baseline/svm.h"
#include "apps/baseline/train_svm.h"
#include "data/npy.h"
#include "tests/apps/baseline/problems.h"
#include "tests/apps/child.h"
#include "tests/apps/fixtures.h"

namespace emulsion::test {
namespace {

using namespace baseline;

void write_features(const std::string& path, const Features& f) {
    NpyWriter x(path + ".npy", NpyType::f4, f.columns), y(path + ".labels.npy", NpyType::i4, 0);
    const std::vector<std::int32_t> labels(f.classes.begin(), f.classes.end());
    x.append(std::span(f.values));
    y.append(std::span(labels));
    x.commit();
    y.commit();
}

TEST(Svm, DecidesAsItsFormulaAndComesBackFromItsFile) {
    const TemporaryFolder folder;
    for (const Kernel& kernel : {Kernel{Kernel::Kind::linear, 0}, Kernel{Kernel::Kind::rbf, 0.02}}) {
        const Features f = clouds(150, 11, 20, 0.7);
        Features centred = f;
        const std::vector<float> means = column_means(f.rows());
        centre(centred.values, means);
        const SmoSolution solution = solve(centred, kernel, 1);
        const Svm svm = make_svm(centred.rows(), means, kernel, solution, {-2, 0.25});
        const std::vector<double> decisions = svm.decisions(f.rows());
        const std::vector<double> sums = kernel_times(centred, kernel, solution.beta);
        for (std::size_t i = 0; i < sums.size(); ++i) EXPECT_NEAR(decisions[i], sums[i] - solution.rho, 1e-4);

        svm.save(folder / "m.safetensors", {{"seed", "7"}});
        const auto again = load_baseline(folder / "m.safetensors");
        EXPECT_STREQ(again->kind(), "svm");
        EXPECT_EQ(SafetensorsFile::open(folder / "m.safetensors")->metadata().at("seed"), "7");
        const auto judgements = again->judge(f.rows());
        for (std::size_t i = 0; i < sums.size(); ++i) {
            EXPECT_NEAR(judgements[i].probability, 1 / (1 + std::exp(-2 * decisions[i] + 0.25)), 1e-12);
            EXPECT_EQ(judgements[i].answer, decisions[i] > 0 ? 1 : 0);
        }
        EXPECT_THROW(again->judge({f.values.data(), 1, 10}), Error);
    }
}

TEST(Svm, TrainsAsWellAsLibsvm) {
    for (const bool libsvm : {false, true}) {
        Features f = clouds(300, 10, 21, 0.6);
        SvmTraining training;
        training.grid = {{{Kernel::Kind::rbf, 0.02}, {0.1, 1}}, {{Kernel::Kind::linear, 0}, {0.1}}};
        training.libsvm = libsvm;
        training.threads = 2;
        const TrainedSvm trained = train_svm(f, training);
        EXPECT_GT(trained.cross_validated, 0.75);
        const Features fresh = clouds(400, 10, 22, 0.6);
        std::int64_t right = 0;
        double brier = 0;
        const auto judgements = trained.machine.judge(fresh.rows());
        for (std::size_t i = 0; i < judgements.size(); ++i) {
            right += judgements[i].answer == fresh.classes[i] ? 1 : 0;
            brier += std::pow(judgements[i].probability - fresh.classes[i], 2) / 400;
        }
        EXPECT_GT(right, 310) << libsvm;  // the best rule there is has 83%
        EXPECT_LT(brier, 0.16) << libsvm;
    }
}

// A machine that knows its photos by heart is sure of them, and of others knows nothing: what it says of
// itself must be learnt from photos that it has not seen.
TEST(Svm, IsCalibratedOnPhotosHeldOut) {
    Features f = clouds(120, 20, 29, 0);
    const Features seen = f;
    SvmTraining training;
    training.grid = {{{Kernel::Kind::rbf, 0.05}, {100}}};
    const TrainedSvm trained = train_svm(f, training);
    double sure = 0, right = 0;
    const auto judgements = trained.machine.judge(seen.rows());
    for (std::size_t i = 0; i < judgements.size(); ++i) {
        sure += std::abs(judgements[i].probability - 0.5) / 120;
        right += judgements[i].answer == seen.classes[i] ? 1 : 0;
    }
    EXPECT_EQ(right, 120);
    EXPECT_LT(sure, 0.25);
}

TEST(Forest, KnowsWhatItGrewOnAndComesBackFromItsFile) {
    const TemporaryFolder folder;
    const Features f = clouds(400, 16, 23, 0.8), fresh = clouds(400, 16, 24, 0.8);
    const Forest forest = grow_forest(f, {10, 3, 2});
    const auto accuracy = [](const Baseline& b, const Features& of) {
        double right = 0;
        const auto judgements = b.judge(of.rows());
        for (std::size_t i = 0; i < judgements.size(); ++i)
            right += judgements[i].answer == of.classes[i] ? 1 : 0;
        return right / static_cast<double>(judgements.size());
    };
    EXPECT_GT(accuracy(forest, f), 0.97);  // fully grown; a photo is left out of a tree in three
    EXPECT_GT(accuracy(forest, fresh), 0.8);
    forest.save(folder / "f.safetensors", {});
    const auto again = load_baseline(folder / "f.safetensors");
    const auto here = forest.judge(fresh.rows()), there = again->judge(fresh.rows());
    for (std::size_t i = 0; i < here.size(); ++i) EXPECT_EQ(here[i].probability, there[i].probability);

    const auto same = grow_forest(f, {10, 3, 1}).nodes(), other = grow_forest(f, {10, 4, 1}).nodes();
    EXPECT_EQ(same.threshold, forest.nodes().threshold);  // whatever the threads
    EXPECT_NE(other.threshold, forest.nodes().threshold);
}

TEST(Forest, GoesLeftAtTheThresholdAndAnswersZeroWhereTreesAreEven) {
    // Two trees: the first says 1 to its right, the second always 1.
    const Forest forest(
        {{0, -1, -1, -1}, {0.5F, 0, 0, 0}, {1, -1, -1, -1}, {2, -1, -1, -1}, {0, 0, 1, 1}, {0, 3}}, 1);
    const std::vector<float> rows{0.25F, 0.5F, 0.75F};
    const auto said = forest.judge({rows.data(), 3, 1});
    for (const std::size_t even : {0U, 1U}) {
        EXPECT_EQ(said[even].probability, 0.5);
        EXPECT_EQ(said[even].answer, 0);
    }
    EXPECT_EQ(said[2].probability, 1);
    EXPECT_EQ(said[2].answer, 1);
}

// One feature tells the classes apart; a tree that were free to choose would begin with it.
TEST(Forest, TreesChooseAmongAFewFeatures) {
    Features f = clouds(200, 16, 28, 0);
    for (std::int64_t i = 0; i < f.count; ++i)
        f.values[static_cast<std::size_t>(i * 16 + 5)] = f.classes[static_cast<std::size_t>(i)];
    const auto nodes = grow_forest(f, {40, 1, 1}).nodes();
    const auto begin_with_it = std::ranges::count_if(
        nodes.roots, [&](std::int32_t root) { return nodes.feature[static_cast<std::size_t>(root)] == 5; });
    EXPECT_NEAR(static_cast<double>(begin_with_it), 10, 8) << "it is among 4 of 16";
}

TEST(Forest, RefusesTreesThatMakeNoSense) {
    const TemporaryFolder folder;
    // A loop: node 0's left child is node 0.
    Forest({{0, -1}, {0, 0}, {0, -1}, {1, -1}, {0, 1}, {0}}, 3).save(folder / "f.safetensors", {});
    EXPECT_THROW(load_baseline(folder / "f.safetensors"), Error);
    Forest({{7, -1, -1}, {0, 0, 0}, {1, -1, -1}, {2, -1, -1}, {0, 1, 0}, {0}}, 3)
        .save(folder / "f.safetensors", {});
    EXPECT_THROW(load_baseline(folder / "f.safetensors"), Error);
    Forest({{2, -1, -1}, {0, 0, 0}, {1, -1, -1}, {2, -1, -1}, {0, 1, 0}, {0}}, 3)
        .save(folder / "f.safetensors", {});
    EXPECT_NO_THROW(load_baseline(folder / "f.safetensors"));
}

TEST(BaselineCommand, TrainsReportsAndWrites) {
    const TemporaryFolder folder;
    write_features(folder / "x", clouds(120, 6, 25, 1.2));
    write_features(folder / "y", clouds(60, 6, 26, 1.2));
    const std::string out = folder / "m.safetensors";
    const Outcome svm =
        run_emulsion({"baseline", "svm", folder / "x.npy", "--test", folder / "y.npy", "--kernel", "rbf",
                      "--gamma", "0.02,0.1", "--C", "1,10", "--out", out, "--json"});
    ASSERT_EQ(svm.exit_code, 0) << svm.err;
    const auto json = nlohmann::json::parse(svm.out);
    EXPECT_EQ(json["grid"].size(), 4U);
    EXPECT_GT(json["test"]["accuracy"], 0.8);
    EXPECT_EQ(json["test"]["average"]["support"], 60);
    EXPECT_STREQ(load_baseline(out)->kind(), "svm");
    const Outcome text =
        run_emulsion({"baseline", "svm", folder / "x.npy", "--kernel", "linear", "--C", "1", "--out", out});
    EXPECT_EQ(text.exit_code, 0) << text.err;
    EXPECT_NE(text.out.find("avg / total"), std::string::npos) << text.out;

    const Outcome forest = run_emulsion(
        {"baseline", "forest", folder / "x.npy", "--test", folder / "y.npy", "--out", out, "--json"});
    ASSERT_EQ(forest.exit_code, 0) << forest.err;
    EXPECT_GT(nlohmann::json::parse(forest.out)["test"]["accuracy"], 0.75);
    EXPECT_STREQ(load_baseline(out)->kind(), "forest");
}

TEST(BaselineCommand, RefusesInOneLine) {
    const TemporaryFolder folder;
    Features f = clouds(20, 2, 27);
    write_features(folder / "x", f);
    std::fill(f.classes.begin(), f.classes.end(), std::int8_t{1});
    write_features(folder / "one", f);
    const std::string out = folder / "m.safetensors";
    const auto refused = [&](std::vector<std::string> arguments, int code, Output output = Output::captured) {
        arguments.insert(arguments.begin(), "baseline");
        arguments.insert(arguments.end(), {"--out", out});
        const Outcome outcome = run_emulsion(arguments, output);
        EXPECT_EQ(outcome.exit_code, code) << outcome.err;
        EXPECT_EQ(count_lines(outcome.err), 1) << outcome.err;
        if (output == Output::captured) {
            EXPECT_FALSE(std::filesystem::exists(out));
        }
        return outcome.err;
    };
    for (const char* kind : {"svm", "forest"}) {
        EXPECT_NE(refused({kind, folder / "one.npy"}, 4).find("no photo of class 0"), std::string::npos);
        refused({kind, folder / "absent.npy"}, 4);
        refused({kind, folder / "x.npy", "--test", folder / "absent.npy"}, 4);
    }
    refused({"svm", folder / "x.npy", "--C", "-1"}, 2);
    refused({"svm", folder / "x.npy", "--C", "nan"}, 2);
    refused({"svm", folder / "x.npy", "--kernel", "poly"}, 2);
    refused({"svm", folder / "x.npy", "--kernel", "linear", "--gamma", "1"}, 2);
    refused({"svm", folder / "x.npy", "--folds", "11"}, 4);
    refused({"forest", folder / "x.npy", "--trees", "0"}, 2);
    refused({"forest", folder / "x.npy"}, 1, Output::full_disk);
}

}  // namespace
}  // namespace emulsion::test
