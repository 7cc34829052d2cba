// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "bench/pace.h"

#include <gtest/gtest.h>

#include "bench/program.h"

namespace emulsion::bench {
namespace {

std::size_t runs_of(const Pace& pace, double milliseconds) {
    return timed(pace, [&] { return milliseconds; }).size();
}

TEST(Pace, GoesOnUntilTheTimeIsSpent) {
    const Pace pace{.seconds = 0.5, .least = 5, .most = 50, .long_run = 2};
    EXPECT_EQ(runs_of(pace, 25), 20U);     // 20 x 25 ms
    EXPECT_EQ(runs_of(pace, 400), 5U);     // the least
    EXPECT_EQ(runs_of(pace, 0.001), 50U);  // the most
    EXPECT_EQ(runs_of(pace, 0), 50U);
}

TEST(Pace, OneLongRunIsEnough) {
    const Pace pace{.seconds = 100, .least = 5, .most = 50, .long_run = 2};
    EXPECT_EQ(runs_of(pace, 2000), 1U);
    EXPECT_GT(runs_of(pace, 1999), 1U);
}

TEST(Timing, SaysMedianAndExtremes) {
    Timing timing;
    EXPECT_EQ(timing.median(), 0);
    timing.milliseconds = {9, 1, 2};
    EXPECT_EQ(timing.low(), 1);
    EXPECT_EQ(timing.median(), 2);
    EXPECT_EQ(timing.high(), 9);
}

// 1 TFLOP/s and 100 GB/s: 10 GFLOP take 10 ms, 5 GB take 50 ms.
TEST(Floor, IsTheSlowerOfArithmeticAndMemory) {
    apps::Roofline roof;
    roof.flop_per_second = 1e12;
    roof.bytes_per_second = 1e11;
    EXPECT_DOUBLE_EQ(part_of_floor({10e9, 1e6}, 20, roof), 0.5);
    EXPECT_DOUBLE_EQ(part_of_floor({10e9, 5e9}, 100, roof), 0.5);
    EXPECT_DOUBLE_EQ(part_of_floor({10e9, 5e9}, 50, roof), 1);
    EXPECT_EQ(part_of_floor({10e9, 5e9}, 0, roof), 0);
}

}  // namespace
}  // namespace emulsion::bench
