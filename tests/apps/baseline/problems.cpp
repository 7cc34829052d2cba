// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/apps/baseline/problems.h"

#include <emulsion/random.h>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "apps/baseline/cross_validation.h"

namespace emulsion::test {

using namespace baseline;

namespace {

double kernel_of(const Features& f, const Kernel& kernel, std::int64_t i, std::int64_t j) {
    double dot = 0, distance = 0;
    for (std::int64_t k = 0; k < f.columns; ++k) {
        const double a = f.rows().row(i)[k], b = f.rows().row(j)[k];
        dot += a * b;
        distance += (a - b) * (a - b);
    }
    return kernel.kind == Kernel::Kind::linear ? dot : std::exp(-kernel.gamma * distance);
}

}  // namespace

Features clouds(std::int64_t count, std::int64_t columns, std::uint64_t seed, double apart) {
    Random random(seed, 0);
    Features f{"clouds", count, columns, {}, {}};
    for (std::int64_t i = 0; i < count; ++i) {
        f.classes.push_back(static_cast<std::int8_t>(i % 2));
        for (std::int64_t k = 0; k < columns; ++k)
            f.values.push_back(static_cast<float>(5 + random.gaussian() + (i % 2 == 0 ? -apart : apart) / 2));
    }
    return f;
}

std::vector<std::int32_t> everyone(const Features& f) {
    std::vector<std::int32_t> all(f.classes.size());
    std::iota(all.begin(), all.end(), 0);
    return all;
}

std::vector<double> kernel_times(const Features& f, const Kernel& kernel, const std::vector<double>& beta) {
    std::vector<double> sums(beta.size(), 0.0);
    for (std::size_t i = 0; i < beta.size(); ++i)
        for (std::size_t j = 0; j < beta.size(); ++j)
            if (beta[j] != 0)
                sums[i] += beta[j] *
                           kernel_of(f, kernel, static_cast<std::int64_t>(i), static_cast<std::int64_t>(j));
    return sums;
}

double objective(const Features& f, const Kernel& kernel, const std::vector<double>& beta) {
    const std::vector<double> sums = kernel_times(f, kernel, beta);
    double value = 0;
    for (std::size_t i = 0; i < beta.size(); ++i)
        value += beta[i] * (sums[i] / 2 - (f.classes[i] == 1 ? 1 : -1));
    return value;
}

double violation(const Features& f, const Kernel& kernel, double c, const std::vector<double>& beta) {
    const std::vector<double> sums = kernel_times(f, kernel, beta);
    double outside = std::abs(std::accumulate(beta.begin(), beta.end(), 0.0)) / c;
    double may_rise = std::numeric_limits<double>::infinity(), may_fall = -may_rise;
    for (std::size_t i = 0; i < beta.size(); ++i) {
        const double y = f.classes[i] == 1 ? 1 : -1, gradient = sums[i] - y;
        const double low = y > 0 ? 0 : -c, high = y > 0 ? c : 0;
        outside = std::max({outside, (low - beta[i]) / c, (beta[i] - high) / c});
        if (beta[i] < high) may_rise = std::min(may_rise, gradient);
        if (beta[i] > low) may_fall = std::max(may_fall, gradient);
        if (!std::isfinite(beta[i])) return beta[i];
    }
    return std::max(outside, may_fall - may_rise);
}

SmoSolution solve(const Features& f, const Kernel& kernel, double c, std::size_t bytes, bool shrinking) {
    DotRows dots(f.rows(), bytes, DeviceId{}, 1);
    KernelRows rows(dots, kernel, everyone(f), bytes);
    return SmoSolver(rows, signs(f.classes), {1e-3, shrinking}).solve(c);
}

SmoSolution solve_by_libsvm(const Features& f, const Kernel& kernel, double c) {
    return libsvm_machines(f.rows(), std::size_t{64} << 20)(kernel, everyone(f), signs(f.classes))->solve(c);
}

}  // namespace emulsion::test
