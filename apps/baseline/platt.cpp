// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/baseline/platt.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace emulsion::baseline {
namespace {

/// The cross-entropy of targets under a sigmoid, with its derivatives.
class Likelihood {
   public:
    Likelihood(std::span<const double> decisions, std::span<const std::int8_t> classes)
        : decisions_(decisions) {
        const auto good = static_cast<double>(std::count(classes.begin(), classes.end(), 1));
        const double bad = static_cast<double>(classes.size()) - good;
        for (const std::int8_t c : classes)
            targets_.push_back(c == 1 ? (good + 1) / (good + 2) : 1 / (bad + 2));
        start = {0, std::log((bad + 1) / (good + 1))};
    }

    double loss(const Sigmoid& sigmoid) const {
        double sum = 0;
        for (std::size_t i = 0; i < targets_.size(); ++i) {
            const double z = sigmoid.a * decisions_[i] + sigmoid.b;
            // ln(1 + exp(z)) - (1 - t) z, in the form that cannot overflow
            sum += std::log1p(std::exp(-std::abs(z))) + (z > 0 ? targets_[i] : targets_[i] - 1) * z;
        }
        return sum;
    }

    struct Derivatives {
        double a = 0, b = 0, aa = 0, ab = 0, bb = 0;
    };
    Derivatives derivatives(const Sigmoid& sigmoid) const {
        Derivatives d;
        for (std::size_t i = 0; i < targets_.size(); ++i) {
            const double f = decisions_[i], p = sigmoid(f);
            const double slope = targets_[i] - p, curvature = p * (1 - p);
            d.a += f * slope;
            d.b += slope;
            d.aa += f * f * curvature;
            d.ab += f * curvature;
            d.bb += curvature;
        }
        return d;
    }

    Sigmoid start;

   private:
    std::span<const double> decisions_;
    std::vector<double> targets_;
};

}  // namespace

double Sigmoid::operator()(double decision) const {
    const double z = a * decision + b;
    return z >= 0 ? std::exp(-z) / (1 + std::exp(-z)) : 1 / (1 + std::exp(z));
}

// Newton's method; a step is halved until the loss falls by a part of what the slope promises.
Sigmoid fit_sigmoid(std::span<const double> decisions, std::span<const std::int8_t> classes) {
    constexpr int most_steps = 100, most_halvings = 33;
    constexpr double flat = 1e-5, part = 1e-4, ridge = 1e-12;
    const Likelihood likelihood(decisions, classes);
    Sigmoid sigmoid = likelihood.start;
    double loss = likelihood.loss(sigmoid);
    for (int n = 0; n < most_steps; ++n) {
        const auto d = likelihood.derivatives(sigmoid);
        if (std::abs(d.a) < flat && std::abs(d.b) < flat) break;
        const double aa = d.aa + ridge, bb = d.bb + ridge, determinant = aa * bb - d.ab * d.ab;
        const double step_a = -(bb * d.a - d.ab * d.b) / determinant;
        const double step_b = -(aa * d.b - d.ab * d.a) / determinant;
        const double slope = d.a * step_a + d.b * step_b;
        bool moved = false;
        double size = 1;
        for (int halvings = 0; halvings < most_halvings && !moved; ++halvings, size /= 2) {
            const Sigmoid next{sigmoid.a + size * step_a, sigmoid.b + size * step_b};
            const double next_loss = likelihood.loss(next);
            if (next_loss >= loss + part * size * slope) continue;
            sigmoid = next;
            loss = next_loss;
            moved = true;
        }
        if (!moved) break;  // as near as rounding lets us come
    }
    return sigmoid;
}

}  // namespace emulsion::baseline
