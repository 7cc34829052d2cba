// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A support vector machine's dual problem (C-SVC), solved by sequential minimal optimisation: two
// coefficients a step, chosen by second-order information (Fan, Chen, Lin: Working set selection using second
// order information for training SVMs, 2005), with shrinking.
//
// With labels y of +1 and -1 and signed coefficients beta[k] = y[k] alpha[k] the problem reads
//
//     minimise  1/2 beta' K beta - y' beta
//     where     sum of beta = 0,  0 <= y[k] beta[k] <= C,
//
// and its gradient is g = K beta - y: no label appears in the matrix. At the optimum there is a rho such that
// g <= rho where beta is at its upper end, g >= rho where it is at its lower end, and g = rho between. A
// sample x is of class +1 if the sum of beta[k] K(x[k], x) is greater than rho.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "apps/baseline/kernel_rows.h"

namespace emulsion::baseline {

struct SmoOptions {
    double tolerance = 1e-3;  ///< of the optimality conditions; LIBSVM's default
    bool shrinking = true;
};

struct SmoSolution {
    std::vector<double> beta;  ///< a sample
    double rho = 0;
    double objective = 0;  ///< the minimum reached, a negative number
    std::int64_t iterations = 0;
    bool converged = true;  ///< false: stopped at 100 steps a sample, or ten million
};

class SmoSolver {
   public:
    /// `labels`: +1 or -1 for each sample of `rows`, both present. `rows` must outlive this.
    SmoSolver(KernelRows& rows, std::vector<std::int8_t> labels, const SmoOptions& options = {});

    /// Solves for this C. A second call starts from the first one's solution, so let C ascend (else from
    /// zero): all that was learnt of the kernel stays.
    SmoSolution solve(double c);

   private:
    /// One sample's part of the problem. Kept for the active samples, in the order of the kernel's rows.
    struct Active {
        std::vector<std::int32_t> sample;
        std::vector<double> beta, gradient;
        std::vector<double> up_bar, low_bar;  ///< 0 where beta may grow (shrink), else -infinity (+infinity)
        std::vector<float> diagonal;
    };

    double low_end(std::int32_t sample) const;
    double high_end(std::int32_t sample) const;
    void start(double c);
    void set_bars(std::int64_t place);

    struct Pair {
        std::int64_t up = -1, low = -1;
        double gap = 0;  ///< how far the optimality conditions are violated
        const float *up_row = nullptr, *low_row = nullptr;
    };
    Pair choose();
    void fetch_candidates(std::int32_t sample);
    void step(const Pair&);

    void shrink();
    void unshrink();
    void keep(std::span<const std::int32_t> places);
    std::int64_t active_count() const { return static_cast<std::int64_t>(active_.sample.size()); }

    SmoSolution solution() const;
    double rho() const;

    KernelRows& rows_;
    std::vector<std::int8_t> labels_;
    SmoOptions options_;
    double c_ = 0;
    Active active_;
    std::vector<double> beta_;   ///< of all samples; those of the active ones are out of date
    bool near_the_end_ = false;  ///< the violation fell below ten tolerances once
    std::int64_t iterations_ = 0;
};

}  // namespace emulsion::baseline
