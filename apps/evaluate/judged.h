// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What several judges said of the same photos, brought into one order.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace emulsion::apps {

/// One photo as one judge saw it. The fold counts from 0: which of several splits held the photo out.
struct JudgedPhoto {
    std::string path;
    std::int8_t label = 0, answer = 0;
    double score = 0;
    int fold = 0;
};

struct Judged {
    std::string name;
    std::vector<JudgedPhoto> photos;
};

/// The files that stand for a judge's scores, as below. Error(data): a folder without any.
std::vector<std::string> judged_files(const std::string& path);

/// A CSV of path, label, answer, score, as `emulsion test --scores` writes it; or a folder, each of whose
/// *.csv, in the order of their names, is a fold. A run's folder in it stands for its scores.csv. Error(data)
/// in one line: a file that is absent or broken, a label or answer that is not 0 or 1, a score that is no
/// finite number, no photo, or one that is judged twice.
Judged read_judged(const std::string& name, const std::string& path);

/// Photos and truth, and for each judge answers and scores, all in one order.
struct Comparison {
    std::vector<std::string> paths;
    std::vector<std::int8_t> labels;
    std::vector<int> folds;
    int fold_count = 1;

    struct Judge {
        std::string name;
        std::vector<std::int8_t> answers;
        std::vector<double> scores;
    };
    std::vector<Judge> judges;

    std::size_t photos() const { return labels.size(); }
};

/// In the first judge's order. Error(data) in one line that names a photo, if the judges did not see the same
/// photos, with the same labels, in the same folds; or if there are none of one class.
Comparison compare_judges(const std::vector<Judged>&);

}  // namespace emulsion::apps
