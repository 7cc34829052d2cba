// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/compare.h"

#include <algorithm>
#include <cmath>

namespace emulsion::apps {

Tolerances::Tolerances(const Program& program, kernels::Precision precision) {
    // A layer without a step of its own (dropout at inference) has the error of what comes before it.
    std::map<std::string, double> own_forward;
    double backward = 0;
    for (const StepInfo& step : program.steps()) {
        const double error = rounding(step.operation, precision);
        if (step.pass == Pass::forward) own_forward[step.layer] += error * error;
        if (step.pass == Pass::backward) backward_[step.layer] = backward += error * error;
    }
    for (const LayerInfo& layer : program.layers()) {
        whole_forward_ += own_forward[layer.name];
        forward_[layer.name] = whole_forward_;
    }
}

double Tolerances::output(const std::string& layer) const {
    return margin * std::sqrt(forward_.at(layer));
}

double Tolerances::gradient(const std::string& layer, double cancellation) const {
    return margin * std::sqrt(whole_forward_ * cancellation * cancellation + backward_.at(layer));
}

double softmax_amplification(double largest_input) {
    return std::max(1.0, largest_input);
}

double loss_cancellation(std::span<const float> probabilities, std::span<const std::int32_t> labels) {
    const std::size_t classes = labels.empty() ? 0 : probabilities.size() / labels.size();
    double largest_probability = 0, largest_difference = 0;
    for (std::size_t row = 0; row < labels.size(); ++row) {
        if (labels[row] < 0) continue;
        for (std::size_t c = 0; c < classes; ++c) {
            const double p = probabilities[row * classes + c];
            const double truth = static_cast<std::size_t>(labels[row]) == c ? 1 : 0;
            largest_probability = std::max({largest_probability, p, truth});
            largest_difference = std::max(largest_difference, std::abs(p - truth));
        }
    }
    return largest_difference > 0 ? std::max(1.0, largest_probability / largest_difference) : 1;
}

}  // namespace emulsion::apps
