// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Features that a real net makes of real photos, which people rated.
#include <emulsion/import.h>
#include <gtest/gtest.h>
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "apps/baseline/cross_validation.h"
#include "apps/baseline/svm.h"
#include "apps/csv.h"
#include "apps/run_photos.h"
#include "tests/apps/baseline/problems.h"
#include "tests/shared_data.h"

namespace emulsion::test {
namespace {

using namespace baseline;

/// SqueezeNet's last pooling, a number for each class of ImageNet, of the worst and the best photos.
Features squeezenet_features(std::size_t of_each_class) {
    const std::string folder = shared_data();
    ImportOptions options;
    options.net = folder + "/squeezenet/squeezenet_deploy.prototxt";
    const auto model = import_model(folder + "/squeezenet/compressed_SqueezeNet.net", options, nullptr);

    const apps::CsvTable ratings(folder + "/oasis/ratings.csv", {"photo", "beauty_mean"});
    std::vector<std::pair<double, std::string>> photos;
    for (std::size_t i = 0; i < ratings.rows(); ++i)
        photos.emplace_back(std::stod(ratings.at(i, 1)), folder + "/oasis/" + ratings.at(i, 0));
    std::sort(photos.begin(), photos.end());
    std::vector<Sample> samples;
    std::map<std::string, std::int8_t> class_of;
    for (std::size_t i = 0; i < of_each_class; ++i)
        for (const auto& [path, c] : {std::pair(photos[i].second, std::int8_t{0}),
                                      std::pair(photos[photos.size() - 1 - i].second, std::int8_t{1})}) {
            samples.push_back({path, c});
            class_of[path] = c;
        }

    Features features{"real", 0, 0, {}, {}};
    apps::RunOptions run;
    run.batch = 8;
    apps::Failures failures;
    apps::run_photos(
        model, samples, run, false, failures, [&](int outputs) { features.columns = outputs; },
        [&](const std::string& path, std::span<const float> outputs) {
            features.values.insert(features.values.end(), outputs.begin(), outputs.end());
            features.classes.push_back(class_of.at(path));
            ++features.count;
        });
    EXPECT_EQ(failures.exit_code(), 0);
    return features;
}

TEST(RealFeatures, AreLearntAsByLibsvm) {
    if (!std::filesystem::exists(shared_data() + "/oasis/ratings.csv"))
        GTEST_SKIP() << "no oasis in " << shared_data() << "; name the folder in EMULSION_DATA";
    Features f = squeezenet_features(100);
    ASSERT_EQ(f.count, 200);
    ASSERT_EQ(f.columns, 1000);
    centre(f.values, column_means(f.rows()));

    const std::vector<GridLine> grid{{{Kernel::Kind::linear, 0}, {1e-3, 0.01, 1}},
                                     {{Kernel::Kind::rbf, 1e-3}, {0.1, 1, 10}},
                                     {{Kernel::Kind::rbf, 1e-4}, {1, 10, 100}}};
    for (const GridLine& line : grid)
        for (const double c : line.cs) {
            SCOPED_TRACE(std::to_string(line.kernel.gamma) + " C " + std::to_string(c));
            const SmoSolution ours = solve(f, line.kernel, c), theirs = solve_by_libsvm(f, line.kernel, c);
            const double reached = objective(f, line.kernel, theirs.beta);
            EXPECT_NEAR(ours.objective, reached, 1e-3 * std::abs(reached));
            EXPECT_NEAR(objective(f, line.kernel, ours.beta), reached, 1e-3 * std::abs(reached));
        }

    const auto folds = stratified_folds(f.classes, 3, 1);
    DotRows dots(f.rows(), std::size_t{1} << 24, DeviceId{}, 2);
    const auto nothing = [](int, int) {};
    const auto ours = cross_validate(f.classes, folds, grid, own_machines(dots, 1 << 22), 2, nothing);
    const auto theirs =
        cross_validate(f.classes, folds, grid, libsvm_machines(f.rows(), 1 << 26), 2, nothing);
    for (std::size_t p = 0; p < ours.size(); ++p)
        EXPECT_NEAR(ours[p].accuracy, theirs[p].accuracy, 0.005) << p;
    EXPECT_GT(best_of(ours).accuracy, 0.7);  // beauty is in there
    std::printf("best of the grid: accuracy %.3f\n", best_of(ours).accuracy);
}

}  // namespace
}  // namespace emulsion::test
