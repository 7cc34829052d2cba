// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Problems for support vector machines, and an oracle in double precision that knows nothing of the solver.
#pragma once

#include <cstdint>
#include <vector>

#include "apps/baseline/features.h"
#include "apps/baseline/kernel_rows.h"
#include "apps/baseline/machine.h"

namespace emulsion::test {

/// Two overlapping clouds, far from the origin; classes in turns.
baseline::Features clouds(std::int64_t count, std::int64_t columns, std::uint64_t seed, double apart = 1);

/// All photos of a set.
std::vector<std::int32_t> everyone(const baseline::Features&);

/// K beta for every sample, by plain loops in double precision.
std::vector<double> kernel_times(const baseline::Features&, const baseline::Kernel&,
                                 const std::vector<double>& beta);
/// 1/2 beta' K beta - y' beta.
double objective(const baseline::Features&, const baseline::Kernel&, const std::vector<double>& beta);
/// By how much the conditions of optimality are violated at worst: constraints, and the gap between the
/// gradients that may still fall and those that may still rise.
double violation(const baseline::Features&, const baseline::Kernel&, double c,
                 const std::vector<double>& beta);

/// Solves by our own solver on the CPU, from dot products in so many bytes.
baseline::SmoSolution solve(const baseline::Features&, const baseline::Kernel&, double c,
                            std::size_t bytes = std::size_t{64} << 20, bool shrinking = true);
/// By LIBSVM.
baseline::SmoSolution solve_by_libsvm(const baseline::Features&, const baseline::Kernel&, double c);

}  // namespace emulsion::test
