// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The features and classes of photos, as `emulsion extract` writes them or as LIBSVM's text has them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/baseline/rows.h"

namespace emulsion::baseline {

struct Features {
    std::string path;
    std::int64_t count = 0, columns = 0;
    std::vector<float> values;         ///< count x columns, all finite
    std::vector<std::int8_t> classes;  ///< 0 or 1 each

    Rows rows() const { return {values.data(), count, columns}; }
};

/// Where the labels of X.npy are: X.labels.npy.
std::string labels_beside(const std::string& path);

/// X.npy with X.labels.npy beside it, or LIBSVM's text ("label 1:0.5 3:2" a line), told apart by their first
/// bytes. Classes are 0 and 1; in LIBSVM's text -1 means 0. `columns`, if not 0, is how wide they must be; a
/// text whose last columns are all zero is widened to it.
///
/// Error(data) in one line: a file that is absent or broken; another label, or none; a NaN or infinity; no
/// rows; a number of labels or columns that does not fit.
Features read_features(const std::string& path, std::int64_t columns = 0);

}  // namespace emulsion::baseline
