// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/expected.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace emulsion::kernels::tests {
namespace {

constexpr std::int64_t term_budget = 4'000'000;  // some 20 ms of oracle for one output
constexpr std::int64_t fewest_cells = 400;       // misses a wrong hundredth of an output one time in 50

/// Storing a result as bf16 rounds it once more, whatever the arithmetic was.
double allowed(const Expected& e, std::size_t k, DataType stored) {
    return e.bound[k] + (stored == DataType::bf16 ? bf16_rounding * std::fabs(e.value[k]) : 0);
}

/// A NaN or an infinity is right only where it is expected.
bool right(double expected, double actual, double bound) {
    if (std::isnan(expected)) return std::isnan(actual);
    if (std::isinf(expected)) return actual == expected;
    return std::fabs(actual - expected) <= bound;
}

std::string coordinates(const Shape& shape, std::int64_t cell) {
    const oracle::Position p = oracle::position(shape, cell);
    return "n " + std::to_string(p.n) + ", c " + std::to_string(p.c) + ", h " + std::to_string(p.h) + ", w " +
           std::to_string(p.w);
}

template <class... Parts>
std::string format(const char* pattern, Parts... parts) {
    char text[256];
    std::snprintf(text, sizeof text, pattern, parts...);
    return text;
}

}  // namespace

double f32_bound(const oracle::Cell& cell, double steps) {
    return f32_rounding * (steps + std::sqrt(static_cast<double>(cell.terms))) * cell.magnitude;
}

double sum_bound(const oracle::Cell& cell) {
    return f32_bound(cell, 4);
}

double exact(const oracle::Cell&) {
    return 0;
}

std::vector<std::int64_t> sample_cells(std::int64_t count, std::int64_t terms) {
    const std::int64_t most = std::max(fewest_cells, term_budget / std::max<std::int64_t>(1, terms));
    if (count <= most) return {};
    std::vector<std::int64_t> cells{0, count - 1};
    for (const double unit : random_values(most - 2, /*stream=*/97))
        cells.push_back(static_cast<std::int64_t>((unit + 1) / 2 * static_cast<double>(count)));
    std::sort(cells.begin(), cells.end());
    cells.erase(std::unique(cells.begin(), cells.end()), cells.end());
    return cells;
}

std::optional<std::string> difference(const Expected& e, const Values& actual, DataType stored) {
    if (static_cast<std::int64_t>(actual.size()) != e.shape.count())
        return format("holds %zu values, expected %s", actual.size(), describe(e.shape).c_str());
    std::size_t wrong = 0, first = 0;
    double worst = 0;
    for (std::size_t k = 0; k < e.known(); ++k) {
        const double got = actual[static_cast<std::size_t>(e.cell(k))], bound = allowed(e, k, stored);
        if (right(e.value[k], got, bound)) continue;
        if (wrong++ == 0) first = k;
        worst = std::max(worst, std::fabs(got - e.value[k]));
    }
    if (wrong != 0) {
        const double got = actual[static_cast<std::size_t>(e.cell(first))];
        return format("%zu of %zu cells are wrong (by up to %.3g); the first at (%s): ", wrong, e.known(),
                      worst, coordinates(e.shape, e.cell(first)).c_str()) +
               format("expected %.9g, got %.9g, off by %.3g where %.3g is allowed", e.value[first], got,
                      std::fabs(got - e.value[first]), allowed(e, first, stored));
    }
    for (std::size_t i = 0; !e.sample.empty() && i < actual.size(); ++i)
        if (std::isnan(actual[i]))
            return "NaN at (" + coordinates(e.shape, static_cast<std::int64_t>(i)) + "), outside the sample";
    return std::nullopt;
}

}  // namespace emulsion::kernels::tests
