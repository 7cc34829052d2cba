// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "apps/compare.h"

namespace emulsion::apps {
namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();
constexpr float infinite = std::numeric_limits<float>::infinity();

TEST(Difference, IsRelativeToTheLargestValue) {
    const std::vector<float> tested = {1e-6F, -4.5e-6F, 2e-6F}, reference = {1e-6F, -4e-6F, 2e-6F};
    const Difference found = difference(tested, reference);
    EXPECT_NEAR(found.relative(), 0.125, 1e-6);  // three roundings to fp32
    EXPECT_TRUE(found.within(0.13));
    EXPECT_FALSE(found.within(0.12));
}

TEST(Difference, NothingNotFiniteIsEverWithin) {
    const double any = std::numeric_limits<double>::max();
    const std::vector<float> good = {1, 2, 3};
    for (const float bad : {nan, infinite, -infinite}) {
        for (std::size_t at = 0; at < good.size(); ++at) {
            std::vector<float> broken = good;
            broken[at] = bad;
            EXPECT_FALSE(difference(broken, good).within(any));
            EXPECT_FALSE(difference(good, broken).within(any));
            EXPECT_FALSE(difference(broken, broken).within(any));
        }
    }
}

TEST(Difference, ZerosAgreeWithZerosAlone) {
    const std::vector<float> zeros(3), one = {0, 1e-30F, 0};
    EXPECT_TRUE(difference(zeros, zeros).within(0));
    EXPECT_FALSE(difference(one, zeros).within(1));
}

TEST(Difference, OfDifferentSizesIsAnError) {
    EXPECT_THROW(difference(std::vector<float>(3), std::vector<float>(4)), Error);
}

TEST(ReductionLength, CountsTheTermsOfEachSum) {
    kernels::Convolution conv{.src = {4, 96, 19, 29}, .dst = {4, 256, 19, 29}};
    conv.kernel_h = conv.kernel_w = 5;
    conv.groups = 2;
    EXPECT_EQ(reduction_length({OpKind::conv_forward, conv}), 48 * 25);
    EXPECT_EQ(reduction_length({OpKind::conv_backward_data, conv}), 128 * 25);
    EXPECT_EQ(reduction_length({OpKind::conv_backward_weights, conv}), 4 * 19 * 29);
    const kernels::FullyConnected fc{.src = {8, 256, 4, 6}, .outputs = 4096};
    EXPECT_EQ(reduction_length({OpKind::fc_forward, fc}), 256 * 4 * 6);
    EXPECT_EQ(reduction_length({OpKind::fc_backward_data, fc}), 4096);
    EXPECT_EQ(reduction_length({OpKind::fc_backward_weights, fc}), 8);
    EXPECT_EQ(reduction_length({OpKind::relu_forward, kernels::Relu{}}), 1);
}

TEST(Rounding, OfOperandsCountsForProductsAlone) {
    using enum kernels::Precision;
    const kernels::Operation product{OpKind::fc_forward, kernels::FullyConnected{{1, 64, 1, 1}, 8}};
    const double sum = 8 * 0x1p-24;  // 64 terms
    EXPECT_EQ(rounding(product, fp32), sum);
    EXPECT_EQ(rounding(product, tf32x3), sum);
    EXPECT_EQ(rounding(product, tf32), sum + 0x1p-10);
    EXPECT_EQ(rounding(product, bf16), sum + 0x1p-8);
    const kernels::Operation other{OpKind::relu_forward, kernels::Relu{}};
    for (const auto precision : {fp32, tf32, tf32x3, bf16}) EXPECT_EQ(rounding(other, precision), 0x1p-24);
}

TEST(LossCancellation, GrowsAsProbabilityNearsTruth) {
    const std::vector<float> even = {0.5F, 0.5F}, sure = {0.999F, 0.001F};
    const std::vector<std::int32_t> label = {0}, none = {-1};
    EXPECT_NEAR(loss_cancellation(even, label), 2, 1e-6);
    EXPECT_NEAR(loss_cancellation(sure, label), 1000, 0.1);
    EXPECT_EQ(loss_cancellation(sure, none), 1);
}

}  // namespace
}  // namespace emulsion::apps
