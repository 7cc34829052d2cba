// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A data set on one page: the histogram of the score, the parts, the best and the worst photos.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/dataset/ranking.h"
#include "apps/dataset/split.h"

namespace emulsion::apps {

/// What came of building a data set.
struct DatasetSummary {
    std::string metadata, photos;  ///< as they were given; photos may be empty
    std::string formula, split;    ///< for people
    std::optional<std::int64_t> as_of;
    double top = 0, bottom = 0;  ///< percent
    double good_end = 0, bad_end = 0;
    Histogram histogram;
    std::uint64_t lines = 0, too_small = 0, ranked = 0, good = 0, bad = 0, surplus = 0;
    std::array<std::uint64_t, problem_count> problems{};
    Parts parts;
    std::vector<std::array<std::uint64_t, 2>> part_photos;  ///< by part and class: bad, good
    std::optional<std::uint64_t> divided;                   ///< sets of like photos that lie in several parts

    struct Shown {
        std::string path, id;
        double score = 0;
    };
    std::vector<Shown> best, worst;
};

/// One self-contained page. Photos of the mosaics are decoded by `threads` threads.
std::string dataset_page(const DatasetSummary& summary, int threads);
/// The same as JSON, without the mosaics.
std::string dataset_json(const DatasetSummary& summary);

}  // namespace emulsion::apps
