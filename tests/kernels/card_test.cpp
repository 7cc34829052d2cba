// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The emulator beside a card: the same kernels, on the same numbers. Additions, multiplications and fused
// multiply-adds in a fixed order, and divisions and square roots, which CUDA rounds correctly too unless told
// otherwise, must give the same bits. powf, expf and logf need not be the same function on both sides: for
// operations that call one, results may differ by 12 ulp of their magnitude. NVIDIA states at most 8 for powf
// in the oldest toolkit, 2 for expf and 1 for logf; glibc keeps within 1; what follows in the kernel carries
// two such values and rounds a few times more.
#include <gtest/gtest.h>

#include <cmath>
#include <ostream>

#include "tests/kernels/card.h"
#include "tests/kernels/rig.h"
#include "tests/kernels/standard.h"

namespace emulsion::kernels::tests {
namespace {

struct Line {
    std::string name;
    Operation operation;
    bool transcendental = false;
};

void PrintTo(const Line& line, std::ostream* out) {
    *out << describe(line.operation);
}

std::vector<Line> lines() {
    std::vector<Line> all;
    for (int i = 0; i < op_kind_count; ++i) {
        const auto kind = static_cast<OpKind>(i);
        const bool calls_exp = kind == OpKind::softmax_forward || kind == OpKind::loss_forward;
        all.push_back({name(kind), standard_operation(kind, 3), calls_exp});
    }
    const Convolution strided{{2, 6, 35, 35}, {2, 21, 7, 7}, 11, 11, 4, 4, 0, 0, 3};
    const FullyConnected wide{{50, 67, 3, 1}, 131, true};
    const Shape odd{3, 5, 7, 3};
    for (const OpKind kind :
         {OpKind::conv_forward, OpKind::conv_backward_data, OpKind::conv_backward_weights})
        all.push_back({name(kind) + std::string("_strided"), {kind, strided}});
    for (const OpKind kind : {OpKind::fc_forward, OpKind::fc_backward_data, OpKind::fc_backward_weights})
        all.push_back({name(kind) + std::string("_batch_50"), {kind, wide}});
    for (const OpKind kind : {OpKind::lrn_forward, OpKind::lrn_backward}) {
        all.push_back({name(kind) + std::string("_window_of_7"), {kind, Lrn{odd, 7}}});
        all.push_back({name(kind) + std::string("_any_power"), {kind, Lrn{odd, 5, 0.1F, 0.6F}}, true});
    }
    const Pool average{odd, {3, 5, 4, 2}, Pool::Mode::average_inside, 3, 3, 2, 2, 1, 1};
    for (const OpKind kind : {OpKind::pool_forward, OpKind::pool_backward})
        all.push_back({name(kind) + std::string("_average"), {kind, average}});
    all.push_back({"square_sum_of_many_parts", {OpKind::square_sum, SquareSum{3'000'017}}});
    return all;
}

std::unique_ptr<Rig> run_on(DeviceKind device, const Problem& problem) {
    const Implementation* const cuda = find_implementation(problem.operation.kind, "cuda", device);
    Limits limits;
    limits.training = true;
    auto rig = cuda != nullptr ? Rig::build(problem, *cuda, limits) : nullptr;
    if (rig) {
        rig->load();
        rig->run();
    }
    return rig;
}

/// The oracle's bounds allow six roundings of a result's magnitude or more (expected.h), that is 3 ulp.
void expect_close(const Expected& expected, const Values& emulated, const Values& card) {
    for (std::size_t k = 0; k < expected.known(); ++k) {
        const auto i = static_cast<std::size_t>(expected.cell(k));
        EXPECT_LE(std::fabs(card[i] - emulated[i]), 4 * expected.bound[k]) << "cell " << i;
    }
}

class Card : public testing::TestWithParam<Line> {};

TEST_P(Card, ComputesWhatTheEmulatorDoes) {
    std::string why;
    if (!is_there(DeviceKind::cuda, &why)) GTEST_SKIP() << "no GPU here: " << why;
    const Problem problem = make_problem(GetParam().operation);
    const auto emulated = run_on(DeviceKind::emulated, problem), card = run_on(DeviceKind::cuda, problem);
    ASSERT_TRUE(emulated && card);
    for (const auto& [operand, expected] : problem.outputs) {
        if (GetParam().transcendental) {
            expect_close(expected, emulated->read(operand), card->read(operand));
        } else {
            const auto a = emulated->bytes(operand), b = card->bytes(operand);
            EXPECT_TRUE(std::equal(a.begin(), a.end(), b.begin(), b.end())) << name(operand);
        }
    }
    for (std::size_t i = 0; i < problem.list_outputs.size(); ++i) {
        const auto a = emulated->list_bytes(i), b = card->list_bytes(i);
        EXPECT_TRUE(std::equal(a.begin(), a.end(), b.begin(), b.end())) << "list[" << i << "]";
    }
}

INSTANTIATE_TEST_SUITE_P(Each, Card, testing::ValuesIn(lines()),
                         [](const auto& line) { return line.param.name + "_gpu"; });

}  // namespace
}  // namespace emulsion::kernels::tests
