// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What the tests over the stand-in share: each begins with a clean one, and ends with nothing misused or
// left.
#pragma once

#include <gtest/gtest.h>

#include <functional>

#include "kernels/cublas/api.h"
#include "tests/kernels/cases.h"
#include "tests/kernels/cublas/standin_control.h"
#include "tests/kernels/under_test.h"

namespace emulsion::kernels::tests {

using Lines = std::vector<std::string>;

constexpr OpKind kinds[] = {OpKind::fc_forward, OpKind::fc_backward_data, OpKind::fc_backward_weights};
constexpr const char* ways[] = {"", "lt2", "lt3", "gemm"};

/// 3 images of 8 x 2 x 2 to 10 outputs.
constexpr FullyConnected small_layer{{3, 8, 2, 2}, 10};

/// By its way.
inline const Implementation& entry(OpKind kind, const std::string& way = "") {
    for (const Implementation& each : under_test(kind))
        if (way == each.way) return each;
    throw std::runtime_error("there is no cublas:" + way);
}

inline Limits limits_of(Precision precision, std::size_t workspace_bytes = 1 << 20) {
    Limits limits;
    limits.precision = precision;
    limits.workspace_bytes = workspace_bytes;
    return limits;
}

class OverStandIn : public testing::Test {
   protected:
    void SetUp() override {
        card_under_test = 0;
        emulated::cublas::handle();  // made once for the thread; of no interest to most tests
        emulated::cublas::lt_handle();
        standin().reset();
    }
    void TearDown() override {
        EXPECT_EQ(standin().descriptors(), 0) << "not given back";
        EXPECT_STREQ(standin().misuse(), "");
        standin().reset();
    }

    /// What is called from here on.
    static Lines calls_of(const std::function<void()>& work) {
        const std::size_t before = standin().lines().size();
        work();
        Lines all = standin().lines();
        return {all.begin() + static_cast<std::ptrdiff_t>(before), all.end()};
    }
};

}  // namespace emulsion::kernels::tests
