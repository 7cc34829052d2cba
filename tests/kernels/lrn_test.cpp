// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Local response normalisation across channels, both passes.
#include "tests/kernels/cases.h"

namespace emulsion::kernels::tests {
namespace {

struct Line {
    const char* name;
    Shape shape;
    int size = 5;
    float alpha = 1e-4F, beta = 0.75F, k = 1;
    bool alexnet = false;
};

constexpr Line lines[] = {
    {"one_channel", {1, 1, 3, 2}},
    {"three_channels", {2, 3, 4, 5}},
    {"channels_as_many_as_the_window", {3, 5, 1, 1}},
    {"seventeen_channels", {5, 17, 3, 3}},
    {"window_of_one", {2, 6, 3, 2}, 1},
    {"window_of_three", {1, 16, 5, 7}, 3},
    {"window_of_nine", {2, 24, 3, 5}, 9},
    {"window_of_two", {2, 8, 2, 4}, 2},
    {"window_of_four", {2, 9, 3, 5}, 4},
    {"window_wider_than_the_channels", {2, 3, 2, 2}, 8},
    {"window_of_three_two_channels", {3, 2, 3, 3}, 3},
    {"thousand_channels", {1, 1000, 2, 1}},
    {"batch_of_fifty", {50, 7, 3, 3}},
    {"pixels_127", {1, 6, 1, 127}},
    {"pixels_128", {2, 6, 8, 8}},
    {"pixels_129", {1, 6, 3, 43}, 3},
    {"krizhevsky", {2, 19, 4, 3}, 5, 5e-4F, 0.75F, 2},
    {"beta_one", {2, 8, 3, 4}, 5, 1, 1, 1},
    {"beta_half", {2, 8, 3, 4}, 5, 0.1F, 0.5F, 1},
    {"beta_odd", {2, 8, 3, 4}, 5, 0.1F, 0.6F, 1.5F},
    {"alexnet_norm1", {1, 96, 55, 55}, 5, 1e-4F, 0.75F, 1, true},
    {"caffenet_norm1", {2, 96, 27, 27}, 5, 1e-4F, 0.75F, 1, true},
    {"alexnet_norm2", {2, 256, 13, 13}, 5, 1e-4F, 0.75F, 1, true},
};

// `keep` speaks to the forward pass alone, so the backward pass is asked with and without it.
std::vector<Case> cases() {
    std::vector<Case> all;
    for (const Line& l : lines) {
        const auto lrn = [&](bool keep) { return Lrn{l.shape, l.size, l.alpha, l.beta, l.k, keep}; };
        all.push_back({l.name, {OpKind::lrn_forward, lrn(false)}, l.alexnet});
        all.push_back({std::string(l.name) + "_keep", {OpKind::lrn_forward, lrn(true)}, l.alexnet});
        all.push_back({l.name, {OpKind::lrn_backward, lrn(false)}, l.alexnet});
        if (!l.alexnet)
            all.push_back({std::string(l.name) + "_keep", {OpKind::lrn_backward, lrn(true)}, false});
    }
    return all;
}

const bool registered = register_cases("Lrn", cases());

}  // namespace
}  // namespace emulsion::kernels::tests
