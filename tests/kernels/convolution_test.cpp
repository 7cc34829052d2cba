// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Convolution: forward, gradient of the data, gradient of weights and bias.
#include "tests/kernels/cases.h"

namespace emulsion::kernels::tests {
namespace {

struct Line {
    const char* name;
    Shape src;
    std::int64_t outputs;
    int kernel_h, kernel_w, stride_h, stride_w, pad_h, pad_w, groups = 1;
    bool bias = true, relu = false, alexnet = false;
    int beyond = 0;  ///< rows and columns of dst more than symmetric padding gives
};

constexpr Line lines[] = {
    {"one_pixel", {1, 1, 1, 1}, 1, 1, 1, 1, 1, 0, 0},
    {"pointwise", {2, 5, 4, 3}, 7, 1, 1, 1, 1, 0, 0},
    {"odd_sizes", {3, 3, 7, 5}, 5, 3, 3, 1, 1, 1, 1},
    {"two_groups", {2, 6, 5, 7}, 4, 3, 3, 1, 1, 1, 1, 2},
    {"three_groups", {5, 9, 4, 6}, 6, 2, 2, 2, 2, 0, 0, 3},
    {"depthwise", {2, 6, 5, 5}, 6, 3, 3, 1, 1, 1, 1, 6},
    {"channels_17", {1, 17, 6, 5}, 17, 3, 3, 2, 2, 1, 1},
    {"channels_33_to_48", {2, 33, 5, 6}, 48, 3, 3, 1, 1, 1, 1},
    {"stride_beyond_kernel", {2, 3, 9, 11}, 4, 2, 2, 3, 4, 0, 0},
    {"not_square", {1, 3, 11, 6}, 5, 3, 5, 2, 1, 1, 2},
    {"padding_beyond_kernel", {2, 2, 3, 3}, 3, 2, 2, 1, 1, 3, 3},
    {"kernel_beyond_image", {1, 2, 2, 2}, 3, 5, 5, 1, 1, 2, 2},
    {"row_image", {3, 4, 1, 19}, 5, 1, 3, 1, 2, 0, 1},
    {"edges_unread", {2, 3, 10, 9}, 4, 3, 3, 4, 4, 0, 0},
    {"more_padding_below", {2, 3, 6, 6}, 4, 3, 3, 2, 2, 0, 0, 1, true, false, false, 1},
    {"no_bias", {2, 3, 6, 5}, 8, 3, 3, 1, 1, 1, 1, 1, false},
    {"relu", {2, 3, 6, 5}, 8, 3, 3, 1, 1, 1, 1, 1, true, true},
    {"relu_no_bias_groups", {2, 4, 6, 5}, 8, 3, 3, 1, 1, 1, 1, 2, false, true},
    {"batch_50", {50, 3, 9, 9}, 5, 3, 3, 1, 1, 1, 1},
    {"many_outputs_and_places", {2, 3, 64, 64}, 128, 3, 3, 1, 1, 1, 1},
    {"many_inputs_and_places", {2, 128, 64, 64}, 3, 3, 3, 1, 1, 1, 1},
    {"many_weights", {1, 128, 5, 5}, 1024, 3, 3, 1, 1, 1, 1},
    {"whole_blocks", {6, 64, 9, 10}, 64, 3, 3, 1, 1, 1, 1},
    {"whole_blocks_less_than_a_tile", {60, 64, 3, 3}, 64, 3, 3, 1, 1, 1, 1},
    {"whole_blocks_relu_no_bias", {1, 128, 20, 30}, 64, 3, 3, 1, 1, 1, 1, 1, false, true},
    {"whole_blocks_two_groups", {6, 128, 9, 10}, 160, 3, 3, 1, 1, 1, 1, 2},
    {"whole_blocks_three_groups_relu", {5, 192, 13, 10}, 192, 3, 3, 1, 1, 1, 1, 3, true, true},
    {"batch_17", {17, 3, 5, 4}, 2, 3, 3, 1, 1, 1, 1},
    {"alexnet_conv1", {1, 3, 227, 227}, 96, 11, 11, 4, 4, 0, 0, 1, true, false, true},
    {"alexnet_conv1_relu", {2, 3, 227, 227}, 96, 11, 11, 4, 4, 0, 0, 1, true, true, true},
    {"alexnet_conv2", {2, 96, 27, 27}, 256, 5, 5, 1, 1, 2, 2, 2, true, false, true},
    {"alexnet_conv3", {1, 256, 13, 13}, 384, 3, 3, 1, 1, 1, 1, 1, true, false, true},
    {"alexnet_conv4", {1, 384, 13, 13}, 384, 3, 3, 1, 1, 1, 1, 2, true, false, true},
    {"alexnet_conv5_relu", {2, 384, 13, 13}, 256, 3, 3, 1, 1, 1, 1, 2, true, true, true},
    {"paper_conv1", {1, 3, 159, 240}, 96, 11, 11, 4, 4, 0, 0, 1, true, false, true},
};

Convolution convolution(const Line& l) {
    Convolution c;
    c.src = l.src;
    c.dst = {l.src.n, l.outputs, (l.src.h + 2 * l.pad_h - l.kernel_h) / l.stride_h + 1 + l.beyond,
             (l.src.w + 2 * l.pad_w - l.kernel_w) / l.stride_w + 1 + l.beyond};
    c.kernel_h = l.kernel_h, c.kernel_w = l.kernel_w;
    c.stride_h = l.stride_h, c.stride_w = l.stride_w;
    c.pad_h = l.pad_h, c.pad_w = l.pad_w;
    c.groups = l.groups, c.bias = l.bias, c.relu = l.relu;
    return c;
}

// The fused ReLU belongs to the forward pass alone: the backward passes must not look at it.
std::vector<Case> cases() {
    std::vector<Case> all;
    for (const Line& line : lines) {
        all.push_back({line.name, {OpKind::conv_forward, convolution(line)}, line.alexnet});
        all.push_back({line.name, {OpKind::conv_backward_data, convolution(line)}, line.alexnet});
        all.push_back({line.name, {OpKind::conv_backward_weights, convolution(line)}, line.alexnet});
    }
    return all;
}

const bool registered = register_cases("Convolution", cases());

}  // namespace
}  // namespace emulsion::kernels::tests
