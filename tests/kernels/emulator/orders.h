// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Tests that are to pass in whatever order threads take turns, and with whatever team.
#pragma once

#include <gtest/gtest.h>

#include "kernels/cuda/queue.h"
#include "kernels/emulator/emulator.h"
#include "tests/kernels/team.h"

namespace emulsion::kernels::emulated {

struct Schedule {
    Order order;
    std::uint64_t seed;
    int threads;
};

inline auto all_orders() {
    return testing::Values(Schedule{Order::forward, 1, 1}, Schedule{Order::reverse, 1, 1},
                           Schedule{Order::random, 1, 1}, Schedule{Order::random, 2, 1},
                           Schedule{Order::forward, 1, 3}, Schedule{Order::random, 3, 3});
}

inline std::string order_name(const testing::TestParamInfo<Schedule>& info) {
    constexpr const char* names[] = {"forward", "reverse", "random"};
    return names[static_cast<int>(info.param.order)] + std::to_string(info.param.seed) + "_threads" +
           std::to_string(info.param.threads);
}

/// A queue that lends a team of that many threads.
inline Queue queue_of(int threads) {
    return {nullptr, &tests::team("cuda", threads), threads,
            [](void* team, int tasks, void (*task)(void*, int), void* context) {
                static_cast<Threads*>(team)->run(tasks, task, context);
            }};
}

class InEveryOrder : public testing::TestWithParam<Schedule> {
   protected:
    void SetUp() override {
        settings().order = GetParam().order;
        settings().seed = GetParam().seed;
    }
    void TearDown() override {
        EXPECT_EQ(memory_damage(), "");
        settings() = {};
    }
    static Queue queue() { return queue_of(GetParam().threads); }
};

}  // namespace emulsion::kernels::emulated
