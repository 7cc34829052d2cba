// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// How well two classes were told apart, in the layout of the paper's Table I.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

namespace emulsion::baseline {

struct ClassReport {
    struct Row {
        double precision = 0, recall = 0, f1 = 0;  ///< 0 where there is nothing to divide by
        std::int64_t support = 0;                  ///< photos that are of the class in truth
    };
    std::array<Row, 2> classes;
    Row average;  ///< each class weighted by its support
    double accuracy = 0;
    std::array<std::array<std::int64_t, 2>, 2> confusion{};  ///< [truth][answer]

    /// A row a class: precision, recall, f1-score, support; then "avg / total". Below: accuracy and the
    /// confusion matrix.
    std::string text() const;
};

/// Classes are 0 or 1.
ClassReport report(std::span<const std::int8_t> truth, std::span<const std::int8_t> answers);

}  // namespace emulsion::baseline
