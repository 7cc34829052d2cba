// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The fully connected layer: forward, gradient of the data, gradient of weights and bias.
#include "tests/kernels/cases.h"

namespace emulsion::kernels::tests {
namespace {

struct Line {
    const char* name;
    Shape src;
    std::int64_t outputs;
    bool bias = true, relu = false, alexnet = false, backward = true;
};

constexpr Line lines[] = {
    {"one_to_one", {1, 1, 1, 1}, 1},
    {"one_output", {3, 5, 2, 3}, 1},
    {"one_input", {5, 1, 1, 1}, 17},
    {"image_to_three", {2, 3, 5, 7}, 3},
    {"seventeen", {17, 17, 1, 1}, 17},
    {"batch_1", {1, 33, 3, 1}, 65},
    {"batch_2", {2, 33, 3, 1}, 65},
    {"batch_3", {3, 33, 3, 1}, 65},
    {"batch_5", {5, 33, 3, 1}, 65},
    {"batch_50_of_many_outputs", {50, 129, 1, 1}, 577, true, true},
    {"batch_131", {131, 19, 1, 1}, 9},
    {"batch_17_of_many_inputs", {17, 2500, 1, 1}, 6},
    {"no_bias", {3, 8, 2, 2}, 10, false},
    {"relu", {3, 8, 2, 2}, 10, true, true},
    {"relu_no_bias_batch_1", {1, 8, 2, 2}, 10, false, true},
    {"alexnet_fc6_batch_1", {1, 256, 6, 6}, 4096, true, false, true, false},
    {"alexnet_fc6_batch_2", {2, 256, 6, 6}, 4096, true, false, true},
    {"alexnet_fc7_relu", {2, 4096, 1, 1}, 4096, true, true, true, false},
    {"alexnet_fc8", {3, 4096, 1, 1}, 1000, true, false, true},
    {"paper_fc8", {50, 4096, 1, 1}, 2, true, false, true},
};

// The fused ReLU belongs to the forward pass alone: the backward passes must not look at it.
std::vector<Case> cases() {
    std::vector<Case> all;
    for (const Line& l : lines) {
        const FullyConnected fc{l.src, l.outputs, l.bias, l.relu};
        all.push_back({l.name, {OpKind::fc_forward, fc}, l.alexnet});
        if (!l.backward) continue;
        all.push_back({l.name, {OpKind::fc_backward_data, fc}, l.alexnet});
        all.push_back({l.name, {OpKind::fc_backward_weights, fc}, l.alexnet});
    }
    return all;
}

const bool registered = register_cases("FullyConnected", cases());

}  // namespace
}  // namespace emulsion::kernels::tests
