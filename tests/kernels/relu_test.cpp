// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// ReLU, both passes.
#include "tests/kernels/cases.h"

namespace emulsion::kernels::tests {
namespace {

struct Line {
    const char* name;
    Shape shape;
    bool alexnet = false;
};

constexpr Line lines[] = {
    {"one", {1, 1, 1, 1}},
    {"odd", {3, 5, 7, 3}},
    {"vector", {17, 17, 1, 1}},
    {"long_row", {1, 1, 1, 4099}},
    {"conv1", {2, 96, 55, 55}, true},
    {"fc6", {2, 4096, 1, 1}, true},
};

std::vector<Case> cases() {
    std::vector<Case> all;
    for (const Line& l : lines)
        for (const OpKind kind : {OpKind::relu_forward, OpKind::relu_backward})
            all.push_back({l.name, {kind, Relu{l.shape}}, l.alexnet});
    return all;
}

const bool registered = register_cases("Relu", cases());

}  // namespace
}  // namespace emulsion::kernels::tests
