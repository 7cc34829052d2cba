// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Softmax and the loss, both passes.
#include <gtest/gtest.h>

#include "tests/kernels/cases.h"

namespace emulsion::kernels::tests {
namespace {

constexpr std::pair<const char*, Shape> shapes[] = {
    {"one_class", {3, 1, 1, 1}},   {"two_classes", {1, 2, 1, 1}},   {"paper", {50, 2, 1, 1}},
    {"seventeen", {17, 17, 1, 1}}, {"five_by_three", {5, 3, 1, 1}}, {"imagenet", {5, 1000, 1, 1}},
    {"thirty_one", {4, 31, 1, 1}}, {"thirty_two", {4, 32, 1, 1}},   {"thirty_three", {4, 33, 1, 1}},
    {"rows_31", {31, 10, 1, 1}},   {"rows_32", {32, 10, 1, 1}},     {"rows_33", {33, 10, 1, 1}},
    {"rows_257", {257, 3, 1, 1}},
};

std::vector<Case> softmax_cases() {
    std::vector<Case> all;
    for (const auto& [name, shape] : shapes)
        for (const OpKind kind : {OpKind::softmax_forward, OpKind::softmax_backward})
            all.push_back({name, {kind, Softmax{shape}}});
    return all;
}

std::vector<Case> loss_cases() {
    std::vector<Case> all;
    for (const OpKind kind : {OpKind::loss_forward, OpKind::loss_backward}) {
        for (const auto& [name, shape] : shapes) all.push_back({name, {kind, Loss{shape}}});
        const Loss scaled{{7, 5, 1, 1}, 0.25F};
        all.push_back({"scaled", {kind, scaled}});
        const auto with_labels = [&](const char* name, const Values& labels) {
            all.push_back(
                {name, {kind, scaled}, false, [=](Precision) { return make_loss(kind, scaled, labels); }});
        };
        with_labels("every_image_counts", {0, 1, 2, 3, 4, 0, 4});
        with_labels("one_image_counts", {-1, -1, -1, 3, -1, -1, -1});
        with_labels("no_image_counts", {-1, -1, -1, -1, -1, -1, -1});
    }
    return all;
}

const bool registered = register_cases("Softmax", softmax_cases()) && register_cases("Loss", loss_cases());

/// Logits so far apart that exp overflows or a probability underflows, and what is right by hand.
TEST(Loss, ExtremeLogits) {
    const Shape shape{3, 3, 1, 1};
    Problem p({OpKind::loss_forward, Loss{shape}});
    p.inputs[Operand::src] = {shape, DataType::f32, {1e4, 0, -1e4, 200, 0, 0, -3e38, 3e38, 0}};
    p.inputs[Operand::labels] = {{3, 1, 1, 1}, DataType::i32, {0, 1, 1}};
    p.outputs[Operand::dst] = {shape, DataType::f32, {}, {1, 0, 0, 1, 0, 0, 0, 1, 0}, Values(9, 1e-37)};
    // The losses are 0, 200 and 0: a loss taken from the underflowed probability would be 87.3 or infinite.
    p.outputs[Operand::loss] = {{}, DataType::f32, {}, {200.0 / 3}, {8 * f32_rounding * 200 / 3}};
    for (const auto& [label, implementation] : host_implementations(OpKind::loss_forward)) {
        const Verdict verdict = check(p, *implementation, Limits{});
        EXPECT_TRUE(verdict.complaints.empty()) << join(verdict.complaints);
    }
}

}  // namespace
}  // namespace emulsion::kernels::tests
