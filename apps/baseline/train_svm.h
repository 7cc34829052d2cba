// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// From features to a calibrated machine: grid search, the best point trained on all, Platt's sigmoid.
#pragma once

#include <emulsion/options.h>
#include <cstdint>
#include <functional>
#include <vector>

#include "apps/baseline/cross_validation.h"
#include "apps/baseline/features.h"
#include "apps/baseline/svm.h"

namespace emulsion::baseline {

struct SvmTraining {
    std::vector<GridLine> grid;
    int folds = 3;
    std::uint64_t seed = 1;
    int threads = 1;
    DeviceId device;
    bool libsvm = false;                             ///< solve by LIBSVM
    std::size_t cache_bytes = std::size_t{2} << 30;  ///< for the Gram matrix and rows of kernels
    /// What is being done, in a few words; from one thread at a time.
    std::function<void(const std::string&)> progress = [](const std::string&) {};
};

struct TrainedSvm {
    Svm machine;
    std::vector<GridPoint> points;
    SmoSolution solution;       ///< of the last training, on all photos
    bool whole_matrix = false;  ///< the Gram matrix fitted into the cache
    double c = 0;
    double cross_validated = 0;  ///< accuracy of the point that was chosen
};

/// Centres `features` in place. Error(data) as stratified_folds.
TrainedSvm train_svm(Features& features, const SvmTraining&);

/// The author's: linear with C from 0.1 to 100, RBF with gamma from 1e-4 to 1e-6 and C from 0.1 to 10.
std::vector<GridLine> paper_grid();

}  // namespace emulsion::baseline
