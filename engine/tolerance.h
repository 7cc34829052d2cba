// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// How far two implementations of one operation part, and how far they may.
//
// An error is the largest difference anywhere in a tensor, relative to the tensor's largest value: weights
// from narrow fillers make tiny activations, and only so do all layers weigh the same.
//
// A sum of K terms in fp32 rounds K times; the partial sums grow like sqrt(k), so the roundings, independent
// of each other, come to about sqrt(K) * 2^-24 of the result's own spread. Operands of a product in bf16 are
// rounded once before the sum, to 2^-9 each, whatever K; in TF32, which keeps 11 bits, to 2^-11: the most
// where they are rounded to the nearest, and the mean where the rest of the bits is cut off.
#pragma once

#include <span>

#include "kernels/kernels.h"

namespace emulsion {

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

/// Whether it is a product of its operands, which a precision is about: a convolution, a fully connected
/// layer.
bool multiplies(const kernels::Operation&);

/// The relative error to be expected of a result. Twice that much of two results' difference is ordinary, and
/// the worst of a million elements lies five deviations out.
double rounding(const kernels::Operation&, kernels::Precision);

}  // namespace emulsion
