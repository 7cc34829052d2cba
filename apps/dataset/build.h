// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A data set from metadata and photos: lists of what to learn from, validate on and test on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/dataset/dataset_page.h"
#include "apps/dataset/packing.h"
#include "apps/dataset/ranking.h"
#include "apps/dataset/work.h"

namespace emulsion::apps {

struct BuildSettings {
    RankingSettings ranking;                 ///< its `scratch` is `out`
    std::string out;                         ///< folder
    bool grouped = false;                    ///< else the author's split by position
    bool by_owner = false, by_look = false;  ///< of a grouped split
    std::uint64_t seed = 1;
    int folds = 0;        ///< of a grouped split: as many of one size; 0: train, val and test
    int near_bits = 6;    ///< hashes that differ in so many bits look alike
    int least_side = 32;  ///< pixels
    int mosaic = 100;
    std::optional<PackSettings> pack;  ///< an LMDB of each part, too
};

/// Writes into `out`, each file whole or not at all:
///   train.txt, val.txt, test.txt   Caffe's lists, paths relative to `out`
///   train.csv, val.csv, test.csv   the same with score, id and position; in a grouped split also the set
///   fold-N/train.*, fold-N/test.*  instead of those, of `folds`; paths relative to fold-N
///   problems.csv, report.html
///   train.lmdb, val.lmdb, test.lmdb   if `pack` is given
///   dataset.json                   settings and counts; comes last, so without it a set is not finished
///   photos.cache                   what was found out about photos, for the next run
DatasetSummary build_dataset(const BuildSettings& settings, Work& work);
/// The paths of these files, without the databases.
std::vector<std::string> data_set_files(const BuildSettings&);

}  // namespace emulsion::apps
