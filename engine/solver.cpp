// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "emulsion/solver.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "emulsion/error.h"

namespace emulsion {
namespace {

using Policy = SolverConfig::Policy;
constexpr std::array policy_names{"fixed", "step", "multistep", "inv", "exp", "poly"};

void demand(bool holds, const std::string& message) {
    if (!holds) throw Error(Error::Kind::usage, "solver: " + message);
}

bool at_least(double value, double least) {
    return std::isfinite(value) && value >= least;
}

}  // namespace

double learning_rate(const SolverConfig& s, std::int64_t iteration) {
    const auto i = static_cast<double>(iteration);
    switch (s.policy) {
        case Policy::fixed:
            return s.base_rate;
        case Policy::step:
            return s.base_rate * std::pow(s.gamma, static_cast<double>(iteration / s.step_size));
        case Policy::multistep: {
            const auto passed =
                std::upper_bound(s.steps_at.begin(), s.steps_at.end(), iteration) - s.steps_at.begin();
            return s.base_rate * std::pow(s.gamma, static_cast<double>(passed));
        }
        case Policy::inv:
            return s.base_rate * std::pow(1 + s.gamma * i, -s.power);
        case Policy::exp:
            return s.base_rate * std::pow(s.gamma, i);
        case Policy::poly:
            return s.base_rate * std::pow(std::max(0.0, 1 - i / static_cast<double>(s.iterations)), s.power);
    }
    return s.base_rate;
}

void validate(const SolverConfig& s) {
    demand(at_least(s.base_rate, 0), "the base learning rate must be a number of at least 0");
    demand(at_least(s.gamma, 0), "gamma must be a number of at least 0");
    demand(at_least(s.power, 0), "power must be a number of at least 0");
    demand(at_least(s.momentum, 0) && s.momentum < 1, "momentum must be at least 0 and below 1");
    demand(at_least(s.weight_decay, 0), "weight decay must be a number of at least 0");
    demand(at_least(s.clip_gradients, 0), "the gradient's limit must be a number of at least 0 (0: none)");
    demand(s.iterations >= 1, "there must be at least one iteration");
    demand(s.iter_size >= 1, "iter_size must be at least 1");
    demand(s.policy != Policy::step || s.step_size >= 1, "policy step needs a step size of at least 1");
    demand(s.policy != Policy::multistep || !s.steps_at.empty(),
           "policy multistep needs the iterations to step at");
    demand(std::is_sorted(s.steps_at.begin(), s.steps_at.end()), "the iterations to step at must ascend");
}

SolverConfig::Policy parse_policy(const std::string& text) {
    for (std::size_t i = 0; i < policy_names.size(); ++i)
        if (text == policy_names[i]) return static_cast<Policy>(i);
    throw Error(Error::Kind::usage,
                "learning-rate policy \"" + text + "\" is none of fixed, step, multistep, inv, exp, poly");
}

const char* name(SolverConfig::Policy policy) {
    return policy_names[static_cast<std::size_t>(policy)];
}

}  // namespace emulsion
