// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What a result should be, how far off it may be and why, and the comparison itself.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "tests/kernels/oracle.h"

namespace emulsion::kernels::tests {

/// What one output must hold. Where only a sample of its cells is known, the others must not be NaN.
struct Expected {
    Shape shape;
    DataType type = DataType::f32;
    std::vector<std::int64_t> sample;  ///< the cells that are known; empty: all of them, in order
    Values value, bound;               ///< what each known cell is, and how far off it may be

    std::size_t known() const { return value.size(); }
    std::int64_t cell(std::size_t k) const {
        return sample.empty() ? static_cast<std::int64_t>(k) : sample[k];
    }
};

/// Half a unit in the last place, relative: what one rounding to nearest may change.
inline constexpr double f32_rounding = 0x1p-24, bf16_rounding = 0x1p-8, f64_rounding = 0x1p-53;

/// The bound for a result of f32 arithmetic: rounding * (steps + sqrt(terms)) * magnitude.
///
/// A sum of `terms` terms t_k in any order makes one rounding a term, each relative to a partial sum no
/// larger than magnitude = sum |t_k|. Roundings are as good as random, so they add up like a random walk:
/// sqrt(terms) of them stand for `terms` (Higham and Mary 2019). Blocked orders, fused multiply-adds and
/// terms of random sign (ours are) only make it less. `steps` roundings come before or after the sum.
double f32_bound(const oracle::Cell&, double steps);

/// The same with four steps: the bias, a scale, and what an implementation does in its own way.
double sum_bound(const oracle::Cell&);

/// Results that an exact operation only copies or picks.
double exact(const oracle::Cell&);

/// Asks `cell` (index -> oracle::Cell) for every result, or for a seeded sample of them where all would
/// need more than some four million terms at `terms` each. `bound` (Cell -> double) gives the tolerance.
template <class OracleCell, class Bound>
Expected expect(const Shape& shape, std::int64_t terms, OracleCell&& cell, Bound&& bound);

/// Nothing where `actual` is as expected; else one line: how many cells are wrong, the first of them with
/// its coordinates, what was expected and what came. `stored` is the type in which the result was written.
std::optional<std::string> difference(const Expected&, const Values& actual, DataType stored);

/// The cells to look at: none where all should be, else first, last and a seeded choice, in order.
std::vector<std::int64_t> sample_cells(std::int64_t count, std::int64_t terms);

template <class OracleCell, class Bound>
Expected expect(const Shape& shape, std::int64_t terms, OracleCell&& cell, Bound&& bound) {
    Expected e{shape, DataType::f32, sample_cells(shape.count(), terms), {}, {}};
    const std::size_t known = e.sample.empty() ? static_cast<std::size_t>(shape.count()) : e.sample.size();
    for (std::size_t k = 0; k < known; ++k) {
        const oracle::Cell c = cell(e.cell(k));
        e.value.push_back(c.value);
        e.bound.push_back(bound(c));
    }
    return e;
}

}  // namespace emulsion::kernels::tests
