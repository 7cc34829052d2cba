// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Caffe's SGD solver, to the letter (Jia et al. 2014; caffe.proto's SolverParameter).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace emulsion {

struct SolverConfig {
    enum class Policy {
        fixed,      ///< base_rate
        step,       ///< base_rate * gamma^(iteration / step_size)
        multistep,  ///< base_rate * gamma^(number of steps_at <= iteration)
        inv,        ///< base_rate * (1 + gamma * iteration)^-power
        exp,        ///< base_rate * gamma^iteration
        poly,       ///< base_rate * (1 - iteration / iterations)^power
    };
    Policy policy = Policy::fixed;
    double base_rate = 0.001, gamma = 0.1, power = 1;
    std::int64_t step_size = 50'000;
    std::vector<std::int64_t> steps_at;  ///< multistep, ascending
    std::int64_t iterations = 1'000;     ///< in all; poly needs it

    double momentum = 0.9, weight_decay = 0.0005;
    bool l1 = false;            ///< decay pulls by sign instead of by size
    int iter_size = 1;          ///< batches whose gradients are averaged before an update
    double clip_gradients = 0;  ///< 0: no; else the largest L2 norm of the whole gradient
    bool operator==(const SolverConfig&) const = default;
};

/// The learning rate of an iteration, counted from 0.
double learning_rate(const SolverConfig&, std::int64_t iteration);
/// Error(usage) in one line if a setting makes no sense.
void validate(const SolverConfig&);

SolverConfig::Policy parse_policy(const std::string&);
const char* name(SolverConfig::Policy);

}  // namespace emulsion
