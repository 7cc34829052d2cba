// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Training of a support vector machine on a part of the features, by our own solver or by LIBSVM.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "apps/baseline/kernel_rows.h"
#include "apps/baseline/smo.h"

namespace emulsion::baseline {

/// One training set and one kernel, to be solved for one C after another, ascending.
class Machine {
   public:
    virtual ~Machine() = default;
    virtual SmoSolution solve(double c) = 0;
    /// The last solution's decision values for any of the features, trained on or not: the sum of beta[k]
    /// K(x[k], x), less rho.
    virtual std::vector<double> decisions(std::span<const std::int32_t> targets) = 0;
};

/// Makes a machine for the features `members`, whose labels are +1 or -1.
using MachineMaker = std::function<std::unique_ptr<Machine>(
    const Kernel&, const std::vector<std::int32_t>& members, const std::vector<std::int8_t>& labels)>;

/// Our solver. `dots` must outlive the machines, each of which keeps `cache_bytes` of kernel rows.
MachineMaker own_machines(DotRows& dots, std::size_t cache_bytes);

/// LIBSVM, which computes in double precision. `features` must outlive the machines. The solution's objective
/// and iterations, which LIBSVM prints and does not tell, are NaN and 0.
MachineMaker libsvm_machines(Rows features, std::size_t cache_bytes);

}  // namespace emulsion::baseline
