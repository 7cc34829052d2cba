// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// How far two implementations of one net may part, and how far they do.
//
// An error is the largest difference anywhere in a tensor, relative to the tensor's largest value: weights
// from narrow fillers make tiny activations, and only so do all layers weigh the same.
//
// The tolerance. A sum of K terms in fp32 rounds K times; the partial sums grow like sqrt(k), so the
// roundings, independent of each other, come to about sqrt(K) * 2^-24 of the result's own spread. bf16
// operands are rounded once before the sum, to 2^-9 each, whatever K. A layer passes on the relative
// error that arrives and adds its own; being independent, errors add up by their squares. `margin` times
// the root of that sum is allowed: both results err, and the worst of a million elements lies five
// deviations out, while the largest value by which we divide lies nearly as far out in the tensor's spread.
#pragma once

#include <emulsion/emulsion.h>
#include <map>
#include <span>
#include <string>

namespace emulsion::apps {

struct Difference {
    double largest_error = 0;  ///< infinite where either tensor holds a NaN or infinity
    double largest_value = 0;  ///< of the reference

    /// 0 where both tensors are zero throughout.
    double relative() const;
    /// False for NaN and infinity too.
    bool within(double tolerance) const;
};

/// Error(failure) if the sizes differ.
Difference difference(std::span<const float> tested, std::span<const float> reference);

/// How many terms an element of the result sums up.
double reduction_length(const kernels::Operation&);

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
