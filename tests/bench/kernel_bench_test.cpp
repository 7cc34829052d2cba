// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// That what is right gets a time, and what is wrong gets none.
#include "bench/kernel_bench.h"

#include <gtest/gtest.h>

#include <cmath>

#include "bench/program.h"

namespace emulsion::bench {
namespace {

using kernels::Implementation;
using kernels::Limits;
using kernels::Operand;
using kernels::Operation;
using kernels::OpKind;

const Implementation& readable(OpKind kind) {
    return kernels::implementations(kind).back();
}

/// The readable plan, whose results are spoilt after each run.
template <auto spoil>
class SpoiltPlan final : public kernels::Plan {
   public:
    SpoiltPlan(const Operation& operation, const Limits& limits)
        : good_(readable(operation.kind).plan(operation, limits)) {
        for (int i = 0; i < kernels::operand_count; ++i)
            set_layout(static_cast<Operand>(i), good_->layout(static_cast<Operand>(i)));
        workspace_bytes_ = good_->workspace_bytes();
        variant_ = "spoilt";
    }
    void run(const kernels::Arguments& arguments, void* workspace,
             const kernels::Stream& stream) const override {
        good_->run(arguments, workspace, stream);
        spoil(*arguments.get<float>(Operand::dst));
    }

   private:
    std::unique_ptr<kernels::Plan> good_;
};

template <auto spoil>
Implementation spoilt() {
    return {"spoilt", kernels::DeviceKind::cpu, [](const Operation&, const Limits&) { return true; },
            [](const Operation& operation, const Limits& limits) -> std::unique_ptr<kernels::Plan> {
                return std::make_unique<SpoiltPlan<spoil>>(operation, limits);
            }};
}

void leave(float&) {}
void shift(float& x) {
    x += 0.01F;
}
void lose(float& x) {
    x = std::nanf("");
}
void fail(float&) {
    throw kernels::KernelError("the card fell out");
}

class KernelBenchTest : public testing::Test {
   protected:
    KernelBenchTest()
        : bench_(open_device({}, 1), kernels::Precision::fp32, Pace{.seconds = 0, .least = 2}, false) {
        for (KernelCase& it : kernel_cases({"photo"}, {1}, {}))
            if (it.name() == "fc_forward/photo/fc8_photo/n1") case_ = std::move(it);
    }
    void SetUp() override { ASSERT_EQ(case_.layer, "fc8_photo"); }

    KernelBench bench_;
    KernelCase case_;
};

TEST_F(KernelBenchTest, WhatIsRightIsTimed) {
    const KernelTiming timing = bench_.run(case_, spoilt<leave>());
    EXPECT_EQ(timing.failed, "");
    EXPECT_EQ(timing.milliseconds.size(), 2U);
    EXPECT_GT(timing.median(), 0);
    EXPECT_EQ(timing.variant, "spoilt");
}

TEST_F(KernelBenchTest, WhatIsWrongHasNoTime) {
    for (const Implementation& wrong : {spoilt<shift>(), spoilt<lose>(), spoilt<fail>()}) {
        const KernelTiming timing = bench_.run(case_, wrong);
        EXPECT_NE(timing.failed, "");
        EXPECT_TRUE(timing.milliseconds.empty());
    }
    EXPECT_EQ(bench_.run(case_, spoilt<fail>()).failed, "the card fell out");
}

TEST_F(KernelBenchTest, OnlyWhatRunsHereIsOffered) {
    EXPECT_TRUE(bench_.offers(case_, readable(OpKind::fc_forward)));
    Implementation elsewhere = spoilt<leave>();
    elsewhere.device = kernels::DeviceKind::cuda;
    EXPECT_FALSE(bench_.offers(case_, elsewhere));
    Implementation unable = spoilt<leave>();
    unable.supports = [](const Operation&, const Limits&) { return false; };
    EXPECT_FALSE(bench_.offers(case_, unable));
}

/// Keeps what Google Benchmark would have shown.
class Keeper final : public benchmark::BenchmarkReporter {
   public:
    bool ReportContext(const Context&) override { return true; }
    void ReportRuns(const std::vector<Run>& runs) override {
        all.insert(all.end(), runs.begin(), runs.end());
    }
    std::vector<Run> all;
};

TEST_F(KernelBenchTest, GoogleBenchmarkShowsNoTimeOfWhatIsWrong) {
    for (const Implementation& by : {spoilt<leave>(), spoilt<shift>()})
        add_benchmark("shown", [this, by](benchmark::State& state) {
            report(state, bench_.run(case_, by), kernels::cost(case_.operation));
        });
    Keeper keeper;
    benchmark::RunSpecifiedBenchmarks(&keeper, "shown");
    benchmark::ClearRegisteredBenchmarks();
    ASSERT_EQ(keeper.all.size(), 2U);
    EXPECT_FALSE(keeper.all[0].error_occurred);
    EXPECT_GT(keeper.all[0].real_accumulated_time, 0);
    EXPECT_GT(keeper.all[0].counters.at("GFLOP/s"), 0);
    EXPECT_TRUE(keeper.all[1].error_occurred);
    EXPECT_NE(keeper.all[1].error_message.find("is off by"), std::string::npos);
    EXPECT_EQ(keeper.all[1].real_accumulated_time, 0);
}

}  // namespace
}  // namespace emulsion::bench
