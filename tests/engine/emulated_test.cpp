// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What holds on every device, of the CUDA kernels on the emulator: bits that depend on neither batch nor
// threads, and no memory taken in use. device_nets_test.cpp compares results with the CPU's.
#include <emulsion/emulsion.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/engine/nets.h"
#include "tests/kernels/allocation_counter.h"

namespace emulsion::testing {
namespace {

namespace counter = kernels::tests;

Options emulated(int batch) {
    Options options;
    options.device.kind = kernels::DeviceKind::emulated;
    options.batch = batch;
    return options;
}

class EmulatedNet : public ::testing::TestWithParam<std::string> {
   protected:
    static NetDef net() { return GetParam() == "branched" ? branched() : compose(GetParam()); }
    static int classes() { return GetParam() == "branched" ? 3 : 2; }
};

TEST_P(EmulatedNet, APhotosScoreIsTheSameBitsInEveryBatch) {
    const auto model = seeded(net());
    const Photos photos = photos_for(net(), 5, classes(), 5);
    const std::size_t one = photos.pixels.size() / 5;
    Options alone_options = emulated(1), together_options = emulated(5);
    alone_options.batch_invariant = together_options.batch_invariant = true;
    Session alone(model, alone_options), together(model, together_options);
    const auto all = together.run(photos.pixels, 5);
    for (std::size_t i = 0; i < 5; ++i) {
        const auto result = alone.run(std::span(photos.pixels).subspan(one * i, one), 1);
        EXPECT_TRUE(
            std::equal(result.begin(), result.end(), all.begin() + static_cast<long>(i * result.size())))
            << "photo " << i;
    }
}

INSTANTIATE_TEST_SUITE_P(Nets, EmulatedNet, ::testing::Values("branched", "photo-mini"),
                         [](const auto& param_info) {
                             return param_info.param == "branched" ? "branched" : "photo_mini";
                         });

TEST(Emulated, TheSameSeedGivesTheSameBitsWithAnyThreads) {
    const auto model = seeded(branched());
    const Photos photos = photos_for(branched(), 4, 3, 5);
    const auto trained = [&](int threads) {
        Options options = emulated(4);
        options.threads = threads;
        Trainer trainer(model, short_solver(0.01, 10), options);
        for (int i = 0; i < 3; ++i) trainer.step(photos.batch());
        return trainer.parameter("conv1.weight");
    };
    const auto one = trained(1);
    EXPECT_EQ(trained(1), one);
    EXPECT_EQ(trained(3), one);
}

TEST(Emulated, NothingIsTakenInUse) {
    if (!counter::allocations_are_counted())
        GTEST_SKIP() << "malloc belongs to a sanitizer or is not glibc's";
    const auto model = seeded(branched());
    const Photos photos = photos_for(branched(), 2, 3, 1);
    Options options = emulated(2);
    options.threads = 1;  // with more, chance decides when each first meets the largest block
    Session session(model, options);
    Trainer trainer(model, short_solver(0.001, 100), options);
    Evaluation sums;
    const auto use = [&] {
        session.run(photos.pixels, 2);
        trainer.step(photos.batch());
        trainer.evaluate(photos.batch(), sums);
    };
    use();
    use();
    counter::start_counting_allocations();
    for (int i = 0; i < 3; ++i) use();
    EXPECT_EQ(counter::stop_counting_allocations(), 0);
}

}  // namespace
}  // namespace emulsion::testing
