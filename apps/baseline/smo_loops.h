// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The three loops in which the solver spends its time, each one pass over plain arrays, written so that the
// compiler makes vectors of them. Of equal values the first place wins, whatever the width of the vectors.
#pragma once

#include <cstdint>

namespace emulsion::baseline {

struct Place {
    std::int64_t index = -1;
    double value = 0;
};

/// The largest bar[k] - gradient[k], of equals the first; a bar is 0 or minus infinity. index is -1 if all
/// are barred.
Place largest_violation(const double* gradient, const double* bar, std::int64_t count);

/// Choice of the second sample of a working set, given the first.
struct SecondChoice {
    std::int64_t index = -1;  ///< -1: none violates
    double least = 0;         ///< least bar[k] - gradient[k]; plus infinity if all are barred
};
/// Of the samples with b = violation - (bar[k] - gradient[k]) > 0, the first with the largest b^2 / a, where
/// a = diagonal + diagonals[k] - 2 row[k] is the curvature of the objective along the pair; a bar is 0 or
/// plus infinity.
SecondChoice second_order_choice(const double* gradient, const double* bar, const float* row,
                                 const float* diagonals, double diagonal, double violation,
                                 std::int64_t count);

/// gradient[k] += step * (first[k] - second[k]).
void move_gradient(double* gradient, const float* first, const float* second, double step,
                   std::int64_t count);

/// What stands for a curvature that rounding, or two equal samples, made zero or less.
inline constexpr double least_curvature = 1e-12;

}  // namespace emulsion::baseline
