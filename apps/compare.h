// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// How far two implementations of one net may part.
//
// A layer passes on the relative error that arrives and adds its own rounding (engine/tolerance.h); being
// independent, errors add up by their squares. `margin` times the root of that sum is allowed: both results
// err, and the worst of a million elements lies five deviations out, while the largest value by which we
// divide lies nearly as far out in the tensor's spread.
#pragma once

#include <emulsion/emulsion.h>
#include <map>
#include <span>
#include <string>

#include "engine/tolerance.h"

namespace emulsion::apps {

/// The tolerances of one net, from the steps of its program.
class Tolerances {
   public:
    static constexpr double margin = 4;

    Tolerances(const Program&, kernels::Precision);

    /// Of what a layer puts out.
    double output(const std::string& layer) const;
    /// Of the gradients of a layer's parameters. `cancellation`: see loss_cancellation.
    double gradient(const std::string& layer, double cancellation) const;

   private:
    std::map<std::string, double> forward_, backward_;  ///< sums of squares, up to and with a layer
    double whole_forward_ = 0;
};

/// Softmax turns a relative error of its input into one that is greater by the size of that input.
double softmax_amplification(double largest_input);

/// The loss's gradient is probability minus truth. Where a trained net is sure and right, the two cancel
/// and what is left is little more than rounding: the factor by which relative errors grow there.
/// `probabilities` has one row a label; rows with label -1 are left out. At least 1.
double loss_cancellation(std::span<const float> probabilities, std::span<const std::int32_t> labels);

}  // namespace emulsion::apps
