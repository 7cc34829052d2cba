// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Pooling, all modes, both passes.
#include <gtest/gtest.h>

#include "tests/kernels/cases.h"

namespace emulsion::kernels::tests {
namespace {

struct Line {
    const char* name;
    Shape src;
    int kernel_h, kernel_w, stride_h, stride_w, pad_h, pad_w;
    std::int64_t dst_h, dst_w;  ///< given, since windows may hang over the lower and right edges
    bool alexnet = false;
};

constexpr Line lines[] = {
    {"one_pixel", {1, 1, 1, 1}, 1, 1, 1, 1, 0, 0, 1, 1},
    {"two_by_two", {2, 3, 6, 4}, 2, 2, 2, 2, 0, 0, 3, 2},
    {"overlapping", {3, 5, 7, 9}, 3, 3, 2, 2, 0, 0, 3, 4},
    {"hanging_over", {2, 17, 6, 8}, 3, 3, 2, 2, 0, 0, 3, 4},
    {"hanging_far_over", {1, 3, 4, 4}, 4, 4, 3, 3, 0, 0, 2, 2},
    {"padded", {2, 3, 5, 5}, 3, 3, 2, 2, 1, 1, 3, 3},
    {"padded_hanging_over", {2, 3, 6, 6}, 3, 3, 2, 2, 1, 1, 4, 4},
    {"padded_beyond_padding", {1, 4, 5, 4}, 4, 4, 3, 3, 1, 1, 2, 2},
    {"padded_stride_one", {1, 5, 4, 6}, 3, 3, 1, 1, 1, 1, 4, 6},
    {"not_square", {5, 3, 9, 5}, 3, 2, 1, 2, 1, 0, 9, 3},
    {"stride_beyond_kernel", {2, 2, 9, 7}, 2, 2, 3, 3, 0, 0, 3, 2},
    {"cells_unread", {2, 2, 8, 8}, 3, 3, 3, 3, 0, 0, 2, 2},
    {"global", {2, 17, 6, 5}, 6, 5, 1, 1, 0, 0, 1, 1},
    {"one_row", {3, 4, 1, 13}, 1, 3, 1, 2, 0, 0, 1, 6},
    {"batch_of_fifty", {50, 3, 7, 7}, 3, 3, 2, 2, 0, 0, 3, 3},
    {"window_of_256_cells", {2, 3, 17, 18}, 16, 16, 1, 1, 0, 0, 2, 3},
    {"window_of_257_cells", {1, 2, 3, 258}, 1, 257, 1, 1, 0, 0, 3, 2},
    {"outputs_255", {1, 5, 6, 34}, 2, 2, 2, 2, 0, 0, 3, 17},
    {"outputs_256", {4, 4, 8, 8}, 2, 2, 2, 2, 0, 0, 4, 4},
    {"outputs_257", {1, 257, 2, 3}, 2, 2, 2, 2, 0, 0, 1, 1},
    {"cells_255", {1, 5, 3, 17}, 2, 2, 1, 1, 0, 0, 2, 16},
    {"cells_257", {1, 257, 1, 1}, 1, 1, 1, 1, 0, 0, 1, 1},
    {"alexnet_pool1", {2, 96, 55, 55}, 3, 3, 2, 2, 0, 0, 27, 27, true},
    {"alexnet_pool5", {1, 256, 13, 13}, 3, 3, 2, 2, 0, 0, 6, 6, true},
    {"paper_pool1", {1, 96, 38, 58}, 3, 3, 2, 2, 0, 0, 19, 29, true},
};

struct Mode {
    const char* name;
    Pool::Mode mode;
};
constexpr Mode modes[] = {{"max", Pool::Mode::maximum},
                          {"average_padded", Pool::Mode::average_padded},
                          {"average_inside", Pool::Mode::average_inside}};

Pool pool(const Line& l, Pool::Mode mode, bool keep) {
    const Shape dst{l.src.n, l.src.c, l.dst_h, l.dst_w};
    return {l.src, dst, mode, l.kernel_h, l.kernel_w, l.stride_h, l.stride_w, l.pad_h, l.pad_w, keep};
}

// `keep` speaks to the forward pass alone, so the backward pass is asked with and without it. AlexNet's own
// pools are maxima.
std::vector<Case> cases() {
    std::vector<Case> all;
    for (const Line& l : lines)
        for (const Mode& m : modes) {
            const std::string name = std::string(m.name) + "_" + l.name;
            const bool alexnet = l.alexnet && m.mode == Pool::Mode::maximum;
            all.push_back({name, {OpKind::pool_forward, pool(l, m.mode, false)}, alexnet});
            all.push_back({name + "_keep", {OpKind::pool_forward, pool(l, m.mode, true)}, alexnet});
            all.push_back({name, {OpKind::pool_backward, pool(l, m.mode, false)}, alexnet});
            if (!l.alexnet) all.push_back({name + "_keep", {OpKind::pool_backward, pool(l, m.mode, true)}});
        }
    return all;
}

const bool registered = register_cases("Pool", cases());

/// Place 255 is the last that a byte holds.
TEST(Pool, TheLastCellOfALargeWindowWins) {
    for (const int width : {255, 256, 257, 300}) {
        Pool pool{{1, 2, 1, width}, {1, 2, 1, 1}, Pool::Mode::maximum, 1, width, 1, 1};
        Problem p = make_problem({OpKind::pool_backward, pool});
        pool.keep = true;
        Problem forward = make_problem({OpKind::pool_forward, pool});
        Values& src = forward.inputs[Operand::src].cells;
        for (std::size_t i = 0; i < src.size(); ++i) src[i] = static_cast<double>(i);
        p.outputs[Operand::diff_src] = expect(
            pool.src, width,
            [&](std::int64_t i) {
                return oracle::pool_backward(pool, src, p.inputs[Operand::diff_dst].cells, i);
            },
            exact);
        p.forward = std::make_shared<Problem>(forward);
        for (const auto& [label, implementation] : host_implementations(OpKind::pool_backward)) {
            const Verdict verdict = check(p, *implementation, Limits{});
            EXPECT_TRUE(verdict.complaints.empty()) << join(verdict.complaints);
        }
    }
}

}  // namespace
}  // namespace emulsion::kernels::tests
