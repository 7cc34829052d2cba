// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Layouts of an implementation's own: they come back unchanged, and what follows in a net can take them.
#include <gtest/gtest.h>

#include "tests/kernels/cases.h"
#include "tests/kernels/layouts.h"
#include "tests/kernels/standard.h"

namespace emulsion::kernels::tests {
namespace {

const Convolution convolutions[] = {
    {{2, 3, 35, 35}, {2, 96, 7, 7}, 11, 11, 4, 4},
    {{2, 96, 7, 7}, {2, 256, 7, 7}, 5, 5, 1, 1, 2, 2, 2},
    {{1, 17, 6, 5}, {1, 33, 6, 5}, 3, 3, 1, 1, 1, 1},
    {{3, 64, 4, 4}, {3, 48, 4, 4}},
};

std::vector<std::unique_ptr<Plan>> plans(const Operation& operation, const Limits& limits) {
    std::vector<std::unique_ptr<Plan>> all;
    for (const auto& [label, implementation] : host_implementations(operation.kind))
        if (implementation->supports(operation, limits))
            all.push_back(implementation->plan(operation, limits));
    return all;
}

void expect_round_trip(const Shape& shape, const Layout& layout) {
    const Array array{shape, DataType::f32, random_values(shape.count(), 7, 1, Precision::bf16)};
    EXPECT_EQ(to_logical(to_physical(array, layout), shape, layout), array.cells)
        << describe(shape) << " as " << layout.name();
}

/// Values that bf16 holds, so that the way through any layout of either type loses nothing.
TEST(OpaqueLayouts, ComeBackUnchanged) {
    for (const Convolution& c : convolutions)
        for (const Precision precision : {Precision::fp32, Precision::bf16}) {
            Limits limits;
            limits.precision = precision;
            for (const auto& plan : plans({OpKind::conv_forward, c}, limits)) {
                expect_round_trip(c.src, plan->layout(Operand::src));
                expect_round_trip(c.dst, plan->layout(Operand::dst));
            }
            for (const auto& plan : plans({OpKind::conv_backward_data, c}, limits)) {
                expect_round_trip(c.src, plan->layout(Operand::diff_src));
                expect_round_trip(c.dst, plan->layout(Operand::diff_dst));
            }
        }
}

/// The same request gives the same layout, which equals itself and not another size's.
TEST(OpaqueLayouts, AreEqualWhereTheyAreTheSame) {
    for (const Convolution& c : convolutions) {
        const Operation once{OpKind::conv_forward, c};
        const Operation larger = with_batch(once, c.src.n + 1);
        const auto first = plans(once, Limits{}), again = plans(once, Limits{}),
                   other = plans(larger, Limits{});
        ASSERT_EQ(first.size(), again.size());
        for (std::size_t i = 0; i < first.size(); ++i) {
            EXPECT_TRUE(first[i]->layout(Operand::dst) == again[i]->layout(Operand::dst)) << describe(once);
            EXPECT_TRUE(first[i]->packed() == again[i]->packed()) << describe(once);
            if (i >= other.size()) continue;
            EXPECT_FALSE(first[i]->layout(Operand::dst) == other[i]->layout(Operand::dst)) << describe(once);
        }
    }
}

Pool pool_of(const Shape& s) {
    return {s, {s.n, s.c, (s.h - 1) / 2, (s.w - 1) / 2}, Pool::Mode::maximum, 3, 3, 2, 2};
}

/// What follows a convolution in a net, given its result; and what comes before one in the backward pass,
/// given the gradient that it leaves.
std::vector<Operation> followers(const Shape& s) {
    return {{OpKind::relu_forward, Relu{s}},
            {OpKind::lrn_forward, Lrn{s}},
            {OpKind::pool_forward, pool_of(s)},
            {OpKind::conv_forward, Convolution{s, {s.n, 20, s.h, s.w}, 3, 3, 1, 1, 1, 1}},
            {OpKind::fc_forward, FullyConnected{s, 19}},
            {OpKind::add, Add{s}},
            {OpKind::concat_forward, Concat{{s, s}, {s.n, 2 * s.c, s.h, s.w}}},
            {OpKind::relu_backward, Relu{s}},
            {OpKind::lrn_backward, Lrn{s}},
            {OpKind::pool_backward, pool_of(s)},
            {OpKind::concat_backward, Concat{{{s.n, s.c / 2, s.h, s.w}, {s.n, s.c - s.c / 2, s.h, s.w}}, s}}};
}

/// Every value of the layout's own shape arrives in it; the plan may follow, or ask for another. (The
/// gradient of a pool is smaller; there it is the forward pass whose source arrives so.)
Limits arriving_in(const Layout& layout, OpKind kind, Precision precision) {
    Limits limits;
    limits.precision = precision;
    limits.threads = 2;
    for (const Operand o : {Operand::src, Operand::src2, Operand::dst, Operand::diff_dst})
        if (kind != OpKind::pool_backward || o == Operand::src)
            limits.arriving[static_cast<std::size_t>(o)] = layout;
    limits.arriving_list.assign(2, layout);
    return limits;
}

TEST(OpaqueLayouts, AreTakenByWhatFollows) {
    for (const Precision precision : {Precision::fp32, Precision::bf16})
        for (const Convolution& c : convolutions) {
            Limits own;
            own.precision = precision;
            for (const auto& plan : plans({OpKind::conv_forward, c}, own))
                for (const Operation& next : followers(c.dst)) {
                    const Layout& layout = plan->layout(Operand::dst);
                    const Problem problem = make_problem(next, precision);
                    for (const auto& [label, implementation] : host_implementations(next.kind)) {
                        const auto verdict =
                            check(problem, *implementation, arriving_in(layout, next.kind, precision));
                        EXPECT_TRUE(verdict.complaints.empty())
                            << "after " << layout.name() << ": " << join(verdict.complaints);
                    }
                }
        }
}

/// Plans with equal packed layouts can share one copy: so the copies must be equal.
TEST(PackedWeights, AreSharedAcrossBatchSizes) {
    const Operation operations[] = {{OpKind::conv_forward, convolutions[1]},
                                    {OpKind::fc_forward, FullyConnected{{1, 64, 6, 6}, 130}},
                                    {OpKind::conv_backward_data, convolutions[2]},
                                    {OpKind::fc_backward_data, FullyConnected{{1, 64, 6, 6}, 130}}};
    for (const Operation& operation : operations)
        for (const auto& [label, implementation] : host_implementations(operation.kind)) {
            std::vector<std::pair<Layout, std::vector<std::byte>>> copies;
            for (const std::int64_t n : {1, 2, 8, 50}) {
                const auto rig =
                    Rig::build(make_problem(with_batch(operation, n)), *implementation, Limits{});
                if (!rig) continue;
                const auto bytes = rig->packed();
                for (const auto& [layout, other] : copies) {
                    if (!(layout == rig->plan().packed())) continue;
                    EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), other.begin()))
                        << label << ": " << describe(operation) << ", layout " << layout.name();
                }
                copies.emplace_back(rig->plan().packed(), std::vector<std::byte>(bytes.begin(), bytes.end()));
            }
        }
}

}  // namespace
}  // namespace emulsion::kernels::tests
