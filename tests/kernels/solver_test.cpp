// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The solver's operations: the sum of squares and the SGD update.
#include <gtest/gtest.h>

#include <limits>

#include "tests/kernels/cases.h"

namespace emulsion::kernels::tests {
namespace {

std::vector<Case> square_sum_cases() {
    std::vector<Case> all;
    for (const std::int64_t count :
         {1, 3, 17, 255, 256, 257, 4096, 4099, 8191, 8192, 8193, 3 * 8192, 1'000'003, 257 * 8192 + 5})
        all.push_back({std::to_string(count) + "_values", {OpKind::square_sum, SquareSum{count}}});
    return all;
}

/// Two layers as the paper's: weights and bias with rates and decays of their own, one layer frozen, and a
/// gap of alignment between segments.
Sgd layers(std::int64_t unit, bool l1) {
    return {10 * unit + 3,
            {{0, 3 * unit, 0.1F, 0.1F},
             {3 * unit, unit, 0.2F, 0},
             {4 * unit, 2 * unit, 0, 1},
             {6 * unit, 3 * unit, 1, 1},
             {9 * unit + 3, unit, 2, 0}},
            l1};
}

/// Segments of which a GPU's block takes pieces of 1,024 weights: fewer, as many, and more than that. After
/// each comes one weight that no segment holds.
Sgd pieces(bool l1) {
    Sgd sgd{0, {}, l1};
    for (const std::int64_t count : {1, 255, 257, 1023, 1024, 1025, 2049}) {
        sgd.segments.push_back({sgd.count, count, 0.5F + static_cast<float>(count % 3), 1});
        sgd.count += count + 1;
    }
    return sgd;
}

/// More segments than fit into one launch's parameters, each with rates of its own. Every seventh is frozen
/// and every eleventh is empty.
Sgd many_segments(int how_many, bool l1) {
    Sgd sgd{0, {}, l1};
    for (int i = 0; i < how_many; ++i) {
        const std::int64_t count = i % 11 == 10 ? 0 : i % 13 + 1;
        const float rate_mult = i % 7 == 3 ? 0 : 0.25F + static_cast<float>(i % 5);
        sgd.segments.push_back({sgd.count, count, rate_mult, static_cast<float>(i % 3)});
        sgd.count += count + (i % 4 == 0 ? 1 : 0);
    }
    return sgd;
}

/// As many segments of one size, all of which move.
Sgd equal_segments(int how_many) {
    Sgd sgd{how_many * 3, {}, false};
    for (int i = 0; i < how_many; ++i)
        sgd.segments.push_back({i * 3, 3, 1 + static_cast<float>(i) / 64, static_cast<float>(i % 2)});
    return sgd;
}

/// All frozen: an update that changes nothing.
Sgd frozen() {
    return {12, {{0, 5, 0, 1}, {5, 7, 0, 0}}, false};
}

constexpr SgdRates usual{0.01F, 0.9F, 0.005F, 0.25F, 0};

std::vector<Case> sgd_cases() {
    struct Line {
        const char* name;
        Sgd sgd;
        SgdRates rates;
    };
    const Line lines[] = {
        {"one_weight", {1, {{0, 1, 1, 1}}, false}, usual},
        {"layers", layers(5, false), usual},
        {"layers_l1", layers(5, true), usual},
        {"many_weights", layers(20'011, false), usual},
        {"many_weights_l1", layers(20'011, true), usual},
        {"pieces", pieces(false), usual},
        {"pieces_l1", pieces(true), usual},
        {"segments_63", equal_segments(63), usual},
        {"segments_64", equal_segments(64), usual},
        {"segments_65", equal_segments(65), usual},
        {"segments_129", equal_segments(129), usual},
        {"mixed_segments", many_segments(90, false), usual},
        {"mixed_segments_l1", many_segments(200, true), usual},
        {"frozen", frozen(), usual},
        {"no_segment", {9, {}, false}, usual},
        {"no_momentum", layers(7, false), {0.01F, 0, 0.005F, 1, 0}},
        {"no_decay", layers(7, false), {0.01F, 0.9F, 0, 1, 0}},
        {"rate_zero", layers(7, false), {0, 0.9F, 0.005F, 1, 0}},
        {"skip", layers(7, false), {0.01F, 0.9F, 0.005F, 0.25F, 1}},
        {"skip_l1", layers(7, true), {0.01F, 0.9F, 0.005F, 0.25F, -1}},
    };
    std::vector<Case> all;
    for (const Line& l : lines)
        all.push_back({l.name, {OpKind::sgd_update, l.sgd}, false, [=](Precision) {
                           return make_sgd(l.sgd, l.rates);
                       }});
    return all;
}

const bool registered = register_cases("SquareSum", square_sum_cases()) && register_cases("Sgd", sgd_cases());

/// The order of the sum depends on the count alone, so not on the team.
TEST(SquareSum, SameBitsWithAnyTeam) {
    const Problem problem = make_problem({OpKind::square_sum, SquareSum{300'007}});
    for (const auto& [label, implementation] : host_implementations(OpKind::square_sum)) {
        Values sums;
        for (const int threads : {1, 2, 3, 4}) {
            Limits limits;
            limits.threads = threads;
            const auto rig = Rig::build(problem, *implementation, limits);
            ASSERT_NE(rig, nullptr) << label;
            rig->load();
            rig->run();
            sums.push_back(rig->read(Operand::dst)[0]);
            EXPECT_EQ(sums.back(), sums.front()) << label << " with " << threads << " threads";
        }
    }
}

/// L1 pulls a weight towards zero by its sign, and one that is there not at all.
TEST(Sgd, L1LeavesZeroWhereItIs) {
    Problem p = make_sgd({3, {{0, 3, 1, 1}}, true}, {0.5F, 0, 0.5F, 1, 0});
    p.inputs[Operand::weights].cells = {0, 1, -1};
    p.inputs[Operand::momentum].cells = p.inputs[Operand::diff_weights].cells = {0, 0, 0};
    p.outputs[Operand::weights].value = {0, 0.75, -0.75};
    p.outputs[Operand::momentum].value = {0, 0.25, -0.25};
    for (const auto& [label, implementation] : host_implementations(OpKind::sgd_update)) {
        const Verdict verdict = check(p, *implementation, Limits{});
        EXPECT_TRUE(verdict.supported) << label;
        EXPECT_TRUE(verdict.complaints.empty()) << label << ": " << join(verdict.complaints);
    }
}

/// A skipped update leaves every bit, even of values that are no numbers, and reads no gradient into them.
TEST(Sgd, SkipLeavesEveryBit) {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    constexpr double infinity = std::numeric_limits<double>::infinity();
    Problem p = make_sgd({6, {{0, 6, 1, 1}}, false}, {0.1F, 0.9F, 0.1F, 1, 1});
    p.inputs[Operand::weights].cells = {nan, infinity, -0.0, 1, -infinity, 2};
    p.inputs[Operand::momentum].cells = {1, nan, infinity, -0.0, 1e-45, -infinity};
    p.inputs[Operand::diff_weights].cells = {nan, nan, infinity, -infinity, nan, nan};
    for (const auto& [label, implementation] : host_implementations(OpKind::sgd_update)) {
        const auto rig = Rig::build(p, *implementation, Limits{});
        ASSERT_NE(rig, nullptr) << label;
        rig->load();
        const std::vector<std::byte> weights(rig->bytes(Operand::weights).begin(),
                                             rig->bytes(Operand::weights).end());
        const std::vector<std::byte> momentum(rig->bytes(Operand::momentum).begin(),
                                              rig->bytes(Operand::momentum).end());
        rig->run();
        EXPECT_TRUE(std::equal(weights.begin(), weights.end(), rig->bytes(Operand::weights).begin()))
            << label;
        EXPECT_TRUE(std::equal(momentum.begin(), momentum.end(), rig->bytes(Operand::momentum).begin()))
            << label;
    }
}

}  // namespace
}  // namespace emulsion::kernels::tests
