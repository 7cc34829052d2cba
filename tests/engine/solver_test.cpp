// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <emulsion/emulsion.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace emulsion {
namespace {

using Policy = SolverConfig::Policy;

SolverConfig solver(Policy policy) {
    SolverConfig s;
    s.policy = policy;
    s.base_rate = 0.02;
    s.gamma = 0.5;
    s.power = 2;
    s.step_size = 10;
    s.steps_at = {5, 5, 12};
    s.iterations = 40;
    return s;
}

// Expected values are worked out by hand from the formulas of caffe.proto.
TEST(Solver, RatesFollowCaffesPolicies) {
    EXPECT_DOUBLE_EQ(learning_rate(solver(Policy::fixed), 39), 0.02);
    EXPECT_DOUBLE_EQ(learning_rate(solver(Policy::step), 9), 0.02);
    EXPECT_DOUBLE_EQ(learning_rate(solver(Policy::step), 10), 0.01);
    EXPECT_DOUBLE_EQ(learning_rate(solver(Policy::step), 39), 0.0025);
    EXPECT_DOUBLE_EQ(learning_rate(solver(Policy::multistep), 4), 0.02);
    EXPECT_DOUBLE_EQ(learning_rate(solver(Policy::multistep), 5), 0.005);
    EXPECT_DOUBLE_EQ(learning_rate(solver(Policy::multistep), 12), 0.0025);
    EXPECT_DOUBLE_EQ(learning_rate(solver(Policy::inv), 6), 0.02 / 16);
    EXPECT_DOUBLE_EQ(learning_rate(solver(Policy::exp), 3), 0.0025);
    EXPECT_DOUBLE_EQ(learning_rate(solver(Policy::poly), 30), 0.02 / 16);
    EXPECT_DOUBLE_EQ(learning_rate(solver(Policy::poly), 50), 0);
}

TEST(Solver, SenselessSettingsAreRefused) {
    const auto refused = [](auto change) {
        SolverConfig s = solver(Policy::step);
        change(s);
        try {
            validate(s);
        } catch (const Error& error) {
            return error.kind() == Error::Kind::usage;
        }
        return false;
    };
    EXPECT_FALSE(refused([](auto&) {}));
    EXPECT_TRUE(refused([](auto& s) { s.base_rate = std::numeric_limits<double>::quiet_NaN(); }));
    EXPECT_TRUE(refused([](auto& s) { s.base_rate = -1; }));
    EXPECT_TRUE(refused([](auto& s) { s.momentum = 1; }));
    EXPECT_TRUE(refused([](auto& s) { s.iter_size = 0; }));
    EXPECT_TRUE(refused([](auto& s) { s.step_size = 0; }));
    EXPECT_TRUE(refused([](auto& s) {
        s.policy = Policy::multistep;
        s.steps_at = {5, 4};
    }));
    EXPECT_TRUE(refused([](auto& s) { s.clip_gradients = -1; }));
}

TEST(Solver, PolicyNamesRoundTrip) {
    for (const auto policy :
         {Policy::fixed, Policy::step, Policy::multistep, Policy::inv, Policy::exp, Policy::poly})
        EXPECT_EQ(parse_policy(name(policy)), policy);
    EXPECT_THROW(parse_policy("linear"), Error);
}

}  // namespace
}  // namespace emulsion
