// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/baseline/train_svm.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <string>

namespace emulsion::baseline {
namespace {

/// What makes machines, and how many may be at work at once.
struct Workshop {
    std::unique_ptr<DotRows> dots;  ///< null with LIBSVM
    MachineMaker make;
    int workers = 1;
};

// A whole Gram matrix is shared by all; where it does not fit, one machine at a time works with all threads
// in its products. What the matrix leaves of the cache is shared out for rows of kernels.
Workshop open_workshop(Rows features, const SvmTraining& training) {
    Workshop shop;
    const auto threads = static_cast<std::size_t>(training.threads);
    if (training.libsvm) {
        shop.make = libsvm_machines(features, training.cache_bytes / threads);
        shop.workers = training.threads;
        return shop;
    }
    const std::size_t matrix_bytes =
        static_cast<std::size_t>(features.count * features.count) * sizeof(float);
    // A row in eight at least should be kept as a kernel's: to make one costs as much as a step.
    const bool fits = matrix_bytes <= training.cache_bytes / 8 * 7;
    training.progress(fits ? "computing the Gram matrix" : "opening the features");
    shop.dots = std::make_unique<DotRows>(features, fits ? matrix_bytes : training.cache_bytes / 2,
                                          training.device, training.threads);
    shop.workers = fits ? training.threads : 1;
    const std::size_t rest = fits ? training.cache_bytes - matrix_bytes : training.cache_bytes / 2;
    shop.make = own_machines(*shop.dots, rest / static_cast<std::size_t>(shop.workers));
    return shop;
}

}  // namespace

TrainedSvm train_svm(Features& features, const SvmTraining& training) {
    const std::vector<std::int32_t> folds = stratified_folds(features.classes, training.folds, training.seed);
    const std::vector<float> means = column_means(features.rows());
    centre(features.values, means);
    const Workshop shop = open_workshop(features.rows(), training);
    std::vector<GridPoint> points = cross_validate(
        features.classes, folds, training.grid, shop.make, shop.workers, [&](int done, int of) {
            training.progress(std::to_string(done) + " of " + std::to_string(of) + " fits");
        });
    const GridPoint& best = best_of(points);
    training.progress("training on all photos");
    std::vector<std::int32_t> all(features.classes.size());
    std::iota(all.begin(), all.end(), 0);
    const std::unique_ptr<Machine> machine = shop.make(best.kernel, all, signs(features.classes));
    SmoSolution solution = machine->solve(best.c);
    Svm svm =
        make_svm(features.rows(), means, best.kernel, solution, fit_sigmoid(best.held_out, features.classes));
    const double c = best.c, accuracy = best.accuracy;
    return {std::move(svm), std::move(points), std::move(solution), shop.dots && shop.dots->whole(), c,
            accuracy};
}

std::vector<GridLine> paper_grid() {
    std::vector<GridLine> grid{{{Kernel::Kind::linear, 0}, {0.1, 1, 10, 100}}};
    for (const double gamma : {1e-4, 1e-5, 1e-6}) grid.push_back({{Kernel::Kind::rbf, gamma}, {0.1, 1, 10}});
    return grid;
}

}  // namespace emulsion::baseline
