// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A trained support vector machine of two classes, with its calibration.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/baseline/baseline.h"
#include "apps/baseline/features.h"
#include "apps/baseline/kernel_rows.h"
#include "apps/baseline/platt.h"
#include "apps/baseline/smo.h"

namespace emulsion::baseline {

/// The mean of each column.
std::vector<float> column_means(Rows features);
/// Subtracts means from each row. Distances stay as they are, and so does the dual problem of a linear
/// kernel, since the coefficients sum to zero: what is gained is precision in fp32, where features lie far
/// from zero.
void centre(std::vector<float>& values, const std::vector<float>& means);

class Svm final : public Baseline {
   public:
    /// A linear machine keeps its weights as its one vector, with coefficient 1.
    struct Parts {
        Kernel kernel;
        std::vector<float> means;          ///< columns; taken off each row
        std::vector<float> vectors;        ///< count x columns, centred
        std::vector<double> coefficients;  ///< count
        double rho = 0;
        Sigmoid sigmoid;
    };
    explicit Svm(Parts parts);

    const char* kind() const override { return "svm"; }
    std::int64_t columns() const override { return static_cast<std::int64_t>(parts_.means.size()); }
    std::int64_t vectors() const { return static_cast<std::int64_t>(parts_.coefficients.size()); }
    const Parts& parts() const { return parts_; }

    /// Positive for class 1.
    std::vector<double> decisions(Rows features) const;
    void save(const std::string& path, const Provenance&) const override;

   private:
    std::vector<Judgement> judge_rows(Rows features) const override;

    Parts parts_;
    std::vector<float> squared_norms_;
};

/// The machine that a solution for centred features stands for.
Svm make_svm(Rows centred, const std::vector<float>& means, const Kernel& kernel, const SmoSolution& solution,
             const Sigmoid& sigmoid);

}  // namespace emulsion::baseline
