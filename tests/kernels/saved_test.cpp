// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What a forward pass saves for its backward pass: whoever accepts a forward plan must understand it.
#include <gtest/gtest.h>

#include "tests/kernels/cases.h"

namespace emulsion::kernels::tests {
namespace {

/// Every forward implementation with every backward one. Other owners may be refused, the own may not.
void expect_understood(const Operation& backward, OpKind forward_kind) {
    const Problem problem = make_problem(backward);
    for (const auto& [forward_label, forward] : host_implementations(forward_kind))
        for (const auto& [label, implementation] : host_implementations(backward.kind))
            for (const int threads : {1, 2}) {
                Limits limits;
                limits.threads = threads;
                limits.training = true;
                const Verdict verdict = check(problem, *implementation, limits, forward);
                EXPECT_TRUE(verdict.complaints.empty())
                    << "after " << forward_label << ": " << join(verdict.complaints);
                if (label == forward_label && label != "onednn") {
                    EXPECT_TRUE(verdict.supported) << describe(backward);
                }
            }
}

TEST(Saved, LrnUnderstandsItsForward) {
    expect_understood({OpKind::lrn_backward, Lrn{{2, 32, 7, 5}}}, OpKind::lrn_forward);
    expect_understood({OpKind::lrn_backward, Lrn{{3, 7, 3, 5}}}, OpKind::lrn_forward);
}

TEST(Saved, PoolUnderstandsItsForward) {
    for (const auto mode : {Pool::Mode::maximum, Pool::Mode::average_padded, Pool::Mode::average_inside}) {
        expect_understood({OpKind::pool_backward, Pool{{2, 32, 7, 7}, {2, 32, 3, 3}, mode, 3, 3, 2, 2}},
                          OpKind::pool_forward);
        expect_understood({OpKind::pool_backward, Pool{{2, 7, 6, 6}, {2, 7, 3, 3}, mode, 3, 3, 2, 2}},
                          OpKind::pool_forward);
    }
}

/// Windows of more than 256 cells: an index into the window no longer fits a byte.
TEST(Saved, LargeWindowsKeepTheirPlace) {
    const Pool pool{{2, 17, 24, 24}, {2, 17, 1, 1}, Pool::Mode::maximum, 24, 24, 1, 1};
    expect_understood({OpKind::pool_backward, pool}, OpKind::pool_forward);
}

}  // namespace
}  // namespace emulsion::kernels::tests
