// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// How well a judge tells two classes apart: precision, recall and F1 of class 1, accuracy, and the area under
// the ROC curve.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "apps/evaluate/judged.h"

namespace emulsion::apps {

inline constexpr std::size_t measure_count = 5;
inline constexpr std::array<const char*, measure_count> measure_names = {"precision", "recall", "F1",
                                                                         "accuracy", "AUC"};
/// By the names above. Precision, recall and F1 are 0 where there is nothing to divide by; the area is NaN
/// where no fold has photos of both classes.
using Measures = std::array<double, measure_count>;

/// "0.830", a difference "+0.012"; "-" where a measure is not defined.
std::string measure_text(double value, bool difference);

/// One judge's answers, ready to be measured on any number of samples of the photos.
class Measurer {
   public:
    /// The comparison must outlive it. Error(not_finite) if a score is NaN.
    Measurer(const Comparison&, const Comparison::Judge&);

    /// Each photo counts `times[photo]` times.
    ///
    /// Answers of all folds are counted together. Scores are not: those of two folds come from two models, of
    /// which one may rate all photos higher. So the area is the share of pairs of a photo of class 1 and one
    /// of class 0, both of one fold, in which the first has the higher score; equal scores count half.
    Measures measure(std::span<const std::uint32_t> times) const;
    Measures measure() const;

   private:
    double area(std::span<const std::uint32_t> times) const;

    const Comparison& comparison_;
    const Comparison::Judge& judge_;
    std::vector<std::size_t> order_;  ///< photos by fold, then by score
};

/// Points (false positive rate, true positive rate) from (0, 0) to (1, 1): a corner for each score of the one
/// fold; of several folds the mean of their curves, upright at 200 steps. Folds without both classes are left
/// out.
std::vector<std::pair<double, double>> roc_curve(const Comparison&, const Comparison::Judge&);

}  // namespace emulsion::apps
