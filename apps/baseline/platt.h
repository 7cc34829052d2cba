// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Decision values to probabilities by a sigmoid (Platt 1999), fitted as Lin, Lin and Weng proposed: A note on
// Platt's probabilistic outputs for support vector machines, 2007.
#pragma once

#include <cstdint>
#include <span>

namespace emulsion::baseline {

/// The probability of class 1 is 1 / (1 + exp(a * decision + b)).
struct Sigmoid {
    double a = -1, b = 0;

    double operator()(double decision) const;
};

/// The likeliest sigmoid for decisions made on samples that the machine was not trained on, and their true
/// classes, 0 or 1. Targets are (n1 + 1) / (n1 + 2) and 1 / (n0 + 2) in place of 1 and 0, so that it stays
/// finite where the classes do not overlap.
Sigmoid fit_sigmoid(std::span<const double> decisions, std::span<const std::int8_t> classes);

}  // namespace emulsion::baseline
