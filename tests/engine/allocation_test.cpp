// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// After warm-up a session's run and a trainer's step take no heap memory: none in the whole process with
// eigen; with onednn only the library's own bookkeeping, some words a primitive and call.
#include <emulsion/emulsion.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <functional>

#include "tests/engine/nets.h"
#include "tests/kernels/allocation_counter.h"

namespace emulsion::testing {
namespace {

namespace counter = kernels::tests;

long allocations(int calls, const std::function<void()>& call) {
    call();
    call();
    counter::start_counting_allocations();
    for (int i = 0; i < calls; ++i) call();
    return counter::stop_counting_allocations();
}

Options by(const std::string& implementation) {
    Options options;
    options.batch = 4;
    options.threads = 2;
    options.implementations["*"] = implementation;
    return options;
}

class Allocations : public ::testing::TestWithParam<const char*> {
   protected:
    void SetUp() override {
        if (!counter::allocations_are_counted())
            GTEST_SKIP() << "malloc belongs to a sanitizer or is not glibc's";
        for (const auto& component : kernels::components())
            if (component.name == "oneDNN" && !component.present && std::string(GetParam()) == "onednn")
                GTEST_SKIP() << "oneDNN was not built in";
    }
    /// What is allowed in `calls` calls of `steps` steps.
    static long bound(int calls, std::size_t steps) {
        constexpr long a_primitive = 64;
        return std::string(GetParam()) == "eigen" ? 0 : a_primitive * calls * static_cast<long>(steps);
    }
};

TEST_P(Allocations, OfASessionInUse) {
    for (const bool invariant : {false, true}) {
        Options options = by(GetParam());
        options.batch_invariant = invariant;
        const auto model = seeded(compose("photo-mini"));
        const Photos photos = photos_for(model->net(), 4, 2, 1);
        Session session(model, options);
        const long count = allocations(5, [&] { session.run(photos.pixels, 4); });
        std::printf("%s, %s: %ld allocations in 5 runs\n", GetParam(), invariant ? "invariant" : "free",
                    count);
        EXPECT_LE(count, bound(5, session.program().steps().size()));
    }
}

TEST_P(Allocations, OfATrainerInUse) {
    const auto model = seeded(compose("photo-mini"));
    const Photos photos = photos_for(model->net(), 4, 2, 1);
    Trainer trainer(model, short_solver(0.001, 100), by(GetParam()));
    Evaluation sums;
    const long count = allocations(5, [&] {
        trainer.step(photos.batch());
        trainer.evaluate(photos.batch(), sums);
    });
    std::printf("%s, training: %ld allocations in 5 steps and evaluations\n", GetParam(), count);
    EXPECT_LE(count, bound(5, 2 * trainer.steps().size()));
}

INSTANTIATE_TEST_SUITE_P(By, Allocations, ::testing::Values("eigen", "onednn"),
                         [](const auto& param_info) { return std::string(param_info.param); });

}  // namespace
}  // namespace emulsion::testing
