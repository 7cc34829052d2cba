// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Launches that CUDA would refuse, orders of threads and blocks, and teams.
#include <gtest/gtest.h>

#include <set>

#include "tests/kernels/emulator/device_array.h"
#include "tests/kernels/emulator/launches.h"
#include "tests/kernels/emulator/orders.h"

namespace emulsion::kernels::emulated {
namespace {

class Launches : public testing::Test {
   protected:
    void TearDown() override { settings() = {}; }
};

std::string refusal(Extent3 grid, Extent3 block, std::size_t shared) {
    try {
        launch_nothing(grid, block, shared, Queue{});
    } catch (const LaunchError& error) {
        return error.what();
    }
    return "";
}

TEST_F(Launches, WithinTheLimitsAreTaken) {
    EXPECT_EQ(refusal(1, 1024, 48 << 10), "");
    EXPECT_EQ(refusal({1, 65535, 1}, 1, 0), "");
    EXPECT_EQ(refusal(1, {16, 1, 64}, 0), "");
}

TEST_F(Launches, BeyondTheLimitsAreRefused) {
    struct Case {
        Extent3 grid, block;
        std::size_t shared;
        const char* why;
    };
    const Case cases[] = {{0, 32, 0, "no threads at all"},
                          {1, 0, 0, "no threads at all"},
                          {1, 1025, 0, "more than 1024 threads"},
                          {1, {32, 33, 1}, 0, "more than 1024 threads"},
                          {1, {1, 1, 65}, 0, "1024 x 1024 x 64"},
                          {{1, 65536, 1}, 1, 0, "65535"},
                          {{1, 1, 65536}, 1, 0, "65535"},
                          {std::size_t{1} << 31, 1, 0, "2147483647"},
                          {1, 1, (48 << 10) + 1, "49153 bytes of dynamic shared memory, 49152 are allowed"}};
    for (const Case& c : cases) {
        const std::string text = refusal(c.grid, c.block, c.shared);
        EXPECT_NE(text.find(c.why), std::string::npos) << text;
        EXPECT_NE(text.find("launches.cu"), std::string::npos) << text;
        EXPECT_NE(text.find("kernel nothing, grid"), std::string::npos) << text;
    }
}

TEST_F(Launches, MayNotDeclareMoreSharedMemoryThanThereIs) {
    const DeviceArray<float> out(1);
    settings().shared_bytes = 40 << 10;
    EXPECT_NO_THROW(use_shared_memory(8 << 10, out.data(), Queue{}));  // and 32 KiB of its own
    try {
        use_shared_memory((8 << 10) + 4, out.data(), Queue{});
        FAIL() << "was taken";
    } catch (const LaunchError& error) {
        const std::string text = error.what();
        EXPECT_NE(text.find("40964 bytes of shared memory, 40960 are allowed"), std::string::npos) << text;
        EXPECT_NE(text.find("`large`"), std::string::npos) << text;
    }
}

std::vector<int> turns(Order order, std::uint64_t seed) {
    settings().order = order;
    settings().seed = seed;
    const DeviceArray<int> next(std::vector<int>{0}), order_of(turn_blocks * turn_threads);
    note_turns(next.data(), order_of.data(), Queue{});
    return order_of.read();
}

TEST_F(Launches, TakeThreadsInTheOrderAskedFor) {
    const auto forward = turns(Order::forward, 1), reverse = turns(Order::reverse, 1);
    for (int i = 0; i < turn_blocks * turn_threads; ++i) {
        EXPECT_EQ(forward[i], i);
        EXPECT_EQ(reverse[i], turn_blocks * turn_threads - 1 - i);
    }
    EXPECT_EQ(turns(Order::random, 1), turns(Order::random, 1));
    EXPECT_NE(turns(Order::random, 1), turns(Order::random, 2));
    EXPECT_NE(turns(Order::random, 1), forward);
    for (const std::uint64_t seed : {0, 1, 2, 5, 77}) {
        const auto random = turns(Order::random, seed);
        EXPECT_EQ(std::set<int>(random.begin(), random.end()).size(), random.size()) << "each once";
    }
}

TEST_F(Launches, SpreadOverATeamComputeTheSame) {
    const std::vector<float> numbers(5000, 1.25F);
    const auto result = [&](int threads) {
        const DeviceArray<float> data(numbers);
        scramble(data.data(), 5000, queue_of(threads));
        return data.read();
    };
    const auto alone = result(1);
    EXPECT_EQ(result(2), alone);
    EXPECT_EQ(result(5), alone);
}

TEST_F(Launches, AreUsableAfterAFault) {
    const DeviceArray<float> data(std::vector<float>(64, 1.0F));
    for (int i = 0; i < 3; ++i) {
        EXPECT_THROW(diverge(data.data(), queue_of(2)), LaunchError);
        EXPECT_NO_THROW(scramble(data.data(), 64, queue_of(2)));
    }
}

TEST_F(Launches, MayHaveManyBlocksAndDeepStacks) {
    const DeviceArray<float> out(std::vector<float>(1024, 0.0F));
    use_stack(out.data(), Queue{});
    EXPECT_EQ(out.read(), std::vector<float>(1024, 499500.0F));
}

}  // namespace
}  // namespace emulsion::kernels::emulated
