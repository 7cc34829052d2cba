// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "bench/net_bench.h"

#include <gtest/gtest.h>

#include <cmath>

namespace emulsion::bench {
namespace {

const Answer reference = {{-1, 1}, 0.7, {3, 4}};

TEST(NetAnswer, IsJudgedByEachOfItsParts) {
    EXPECT_EQ(complaint(reference, reference, 1e-5), "");
    Answer tested = reference;
    tested.logits[0] += 1e-3F;
    EXPECT_NE(complaint(tested, reference, 1e-5), "");
    EXPECT_EQ(complaint(tested, reference, 1e-2), "");
    tested = reference;
    tested.loss += 1e-3;
    EXPECT_NE(complaint(tested, reference, 1e-5), "");
    tested = reference;
    tested.gradient = {-3, -4};
    EXPECT_NE(complaint(tested, reference, 1e-5), "");
    tested.gradient = {3};
    EXPECT_NE(complaint(tested, reference, 1e-5), "");
}

TEST(NetAnswer, NotANumberIsWrong) {
    for (int part = 0; part < 3; ++part) {
        Answer tested = reference;
        if (part == 0) tested.logits[1] = std::nanf("");
        if (part == 1) tested.loss = std::nan("");
        if (part == 2) tested.gradient[1] = std::nanf("");
        EXPECT_NE(complaint(tested, reference, 1e-2), "") << part;
    }
}

TEST(NetAnswer, LogitsComeBackFromProbabilities) {
    const double e = std::exp(1.0), sum = 1 + e + e * e;
    const std::vector<float> p = {static_cast<float>(1 / sum), static_cast<float>(e / sum),
                                  static_cast<float>(e * e / sum)};
    const std::vector<float> logits = centred_logits(p, 3);
    ASSERT_EQ(logits.size(), 3U);
    for (int i = 0; i < 3; ++i) EXPECT_NEAR(logits[static_cast<std::size_t>(i)], i - 1, 1e-6);
}

TEST(NetAnswer, TheEndsOfABatchAreJudged) {
    const std::vector<float> rows = {1, 2, 3, 4, 5, 6};
    EXPECT_EQ(ends_of(std::span<const float>(rows), 2), (std::vector<float>{1, 2, 5, 6}));
    EXPECT_EQ(ends_of(std::span<const float>(rows), 6), rows);
}

TEST(NetBench, TimesASmallNetBothWays) {
    Options options;
    options.threads = 1;
    NetBench bench(options, Pace{.seconds = 0, .least = 2});
    for (const Mode mode : {Mode::inference, Mode::training}) {
        const NetCase it{"photo-mini", mode, 3, kernels::Precision::fp32, prepared_photos()};
        const NetTiming timing = bench.run(it);
        EXPECT_EQ(timing.failed, "") << it.name();
        EXPECT_EQ(timing.milliseconds.size(), 2U);
        EXPECT_GT(timing.cost.flop, 0);
    }
}

TEST(NetBench, SaysWhyThereIsNoTime) {
    Options options;
    options.threads = 1;
    NetBench bench(options, Pace{.seconds = 0});
    EXPECT_NE(bench.run({"nonet", Mode::inference, 1, kernels::Precision::fp32, prepared_photos()}).failed,
              "");
    const NetTiming tf32 =
        bench.run({"photo-mini", Mode::inference, 1, kernels::Precision::tf32, prepared_photos()});
    EXPECT_EQ(tf32.failed.rfind("nothing on cpu multiplies in tf32", 0), 0U) << tf32.failed;
}

}  // namespace
}  // namespace emulsion::bench
