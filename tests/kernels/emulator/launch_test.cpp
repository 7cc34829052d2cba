// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Launches that CUDA would refuse, orders of threads and blocks, and teams.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <set>

#include "kernels/emulator/pages.h"
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

TEST_F(Launches, MayNotAskForMoreThanTheEmulatorHas) {
    settings().shared_bytes = 1 << 20;
    EXPECT_EQ(refusal(1, 1, 227 << 10), "");
    EXPECT_NE(refusal(1, 1, 256 << 10).find("bytes of dynamic shared memory"), std::string::npos);
    const DeviceArray<float> out(1);
    EXPECT_NO_THROW(use_shared_memory(195 << 10, out.data(), Queue{}));  // and 32 KiB of its own
    EXPECT_THROW(use_shared_memory(240 << 10, out.data(), Queue{}), LaunchError);
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
        const auto block = [&](int i) { return random[i * turn_threads] / turn_threads; };
        EXPECT_NE((block(1) + turn_blocks - block(0)) % turn_blocks, 1)
            << "the forward order, begun elsewhere";
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
    use_stack(out.data(), 1, Queue{});
    EXPECT_EQ(out.read(), std::vector<float>(1024, 499500.0F));
}

/// How many tasks a launch gives a team of that many threads.
int tasks_for(int threads) {
    const DeviceArray<float> data(std::vector<float>(4096, 1.0F));
    int given = 0;
    const Queue queue{nullptr, &given, threads,
                      [](void* team, int tasks, void (*task)(void*, int), void* context) {
                          *static_cast<int*>(team) = tasks;
                          for (int i = 0; i < tasks; ++i) task(context, i);
                      }};
    scramble(data.data(), 4096, queue);
    return given;
}

TEST_F(Launches, HoldForALargeTeam) {
    if (!logs_accesses()) {
        EXPECT_EQ(tasks_for(3), 3);
        EXPECT_EQ(tasks_for(64), 16) << "each may take 2048 mappings of a process's 65530";
    }
    constexpr int blocks = 96;
    const DeviceArray<float> out(std::vector<float>(blocks * 1024, 0.0F));
    use_stack(out.data(), blocks, queue_of(64));
    EXPECT_EQ(out.read(), std::vector<float>(blocks * 1024, 499500.0F));
}

/// From here on this process gets no more than 16 MiB of addresses.
void leave_no_room() {
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    const rlim_t bytes = pages * page_size() + (16 << 20);
    const rlimit limit{bytes, bytes};
    setrlimit(RLIMIT_AS, &limit);
}

/// In a process of its own: exit code 0 if a launch says that memory is short.
void launch_without_room(int threads) {
    const DeviceArray<float> data(std::vector<float>(1024, 1.0F));
    const Queue queue = queue_of(threads);
    leave_no_room();
    try {
        scramble(data.data(), 1024, queue);
    } catch (const LaunchError& error) {
        std::cerr << error.what();
        std::exit(0);
    }
    std::exit(1);
}

TEST_F(Launches, SayThatTheHostIsOutOfMemory) {
    if (EMULSION_SANITIZED != 0) GTEST_SKIP() << "sanitizers want addresses without end";
    GTEST_FLAG_SET(death_test_style, "threadsafe");  // the teams of other tests still have threads
    EXPECT_EXIT(launch_without_room(1), testing::ExitedWithCode(0), "kernel scramble.*out of memory");
    EXPECT_EXIT(launch_without_room(3), testing::ExitedWithCode(0), "kernel scramble.*out of memory");
}

std::string error_of(void (*run)(float*, int, const Queue&), int rounds) {
    const DeviceArray<float> data(256);
    try {
        run(data.data(), rounds, Queue{});
    } catch (const LaunchError& error) {
        return error.what();
    }
    return "";
}

TEST_F(Launches, StopWhereTheAccessLogCanCountNoFurther) {
    for (const auto run : {wait_often, meet_often}) {
        EXPECT_EQ(error_of(run, 65'000), "");
        const bool stopped = error_of(run, 66'000).find("too much for the access log") != std::string::npos;
        EXPECT_EQ(stopped, logs_accesses());
    }
}

}  // namespace
}  // namespace emulsion::kernels::emulated
