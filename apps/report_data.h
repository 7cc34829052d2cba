// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What a report is made of: finished training runs, the scores of their held-out photos, and what is
// known of these photos.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "apps/training_log.h"

namespace emulsion::apps {

/// A held-out photo and what the net made of it.
struct ScoredPhoto {
    std::string path;
    int label = 0, answer = 0;
    double score = 0;  ///< probability of the last class
};

/// A folder of `emulsion train`, with the scores.csv of `emulsion test --scores`.
struct FinishedRun {
    std::string folder, net;
    Curve curve;
    std::vector<ScoredPhoto> photos;
    double seconds = 0, photos_per_second = 0;

    double accuracy() const;
};
/// Error(data) if something is missing, with the command that makes it.
FinishedRun read_run(const std::string& folder);

/// The demo set that `emulsion demo-set` wrote.
struct DemoSet {
    struct Author {
        std::string photo, name, licence;
    };
    struct Crop {
        std::string photo, damage;  ///< damage: "blur 8.10, flat 0.42", or empty
    };
    std::vector<Author> authors;
    std::map<std::string, Crop> crops;  ///< by file name
};
DemoSet read_demo_set(const std::string& folder);

/// A mean and its 95% confidence interval by Student's t over independent values.
struct Interval {
    double mean = 0, low = 0, high = 0;
};
/// Of one value alone, or none, the interval is everything from 0 to 1.
Interval t_interval(std::span<const double> values);

}  // namespace emulsion::apps
