// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A card as an Accelerator; skipped, with the reason, where there is none. The same tests are linked to the
// real runtime (test_cuda) and to one in host memory that does everything as late as CUDA may
// (test_cuda_fake).
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <thread>

#include "kernels/accelerator.h"

namespace emulsion::kernels::tests {
namespace {

class Gpu : public testing::Test {
   protected:
    void SetUp() override {
        std::string why;
        const auto usable = cuda::accelerators(&why);
        if (usable.empty()) GTEST_SKIP() << why;
        gpu_ = cuda::open_accelerator(usable.front().index);
    }

    std::vector<int> read(const void* at, std::size_t count) {
        std::vector<int> values(count, -1);
        gpu_->copy_out(values.data(), at, count * sizeof(int));
        return values;
    }

    std::unique_ptr<Accelerator> gpu_;
};

TEST_F(Gpu, SaysWhatItIs) {
    EXPECT_NE(gpu_->info().name.find(", sm_"), std::string::npos) << gpu_->info().name;
    EXPECT_GT(gpu_->info().memory, 0U);
    EXPECT_LE(gpu_->free_bytes(), gpu_->info().memory);
    EXPECT_FALSE(gpu_->info().driver.empty());
    EXPECT_FALSE(gpu_->info().runtime.empty());
}

TEST_F(Gpu, MemoryIsZeroedAndAligned) {
    for (const std::size_t count : {1U, 100U, 5000000U}) {
        void* const memory = gpu_->allocate(count * sizeof(int));
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % 256, 0U);
        EXPECT_EQ(read(memory, count), std::vector<int>(count, 0));
        gpu_->release(memory);
    }
}

TEST_F(Gpu, MoreMemoryThanThereIsIsRefusedAndTheRestIsUsable) {
    try {
        gpu_->allocate(gpu_->info().memory * 2);
        FAIL() << "twice the card's memory was given";
    } catch (const OutOfMemory& error) {
        EXPECT_GT(error.free_bytes, 0U);
        EXPECT_LE(error.free_bytes, gpu_->info().memory);
    }
    void* const memory = gpu_->allocate(4);
    gpu_->synchronise();
    gpu_->release(memory);
}

/// Sizes around those of the staging buffers, and what is handed in overwritten at once.
TEST_F(Gpu, CopiesComeBack) {
    for (const std::size_t count : {1U, 1U << 20, (1U << 20) + 1, 5U << 20, 7000001U}) {
        std::vector<int> values(count);
        std::iota(values.begin(), values.end(), 1);
        const std::vector<int> kept = values;
        void* const memory = gpu_->allocate(count * sizeof(int));
        gpu_->copy_in(memory, values.data(), count * sizeof(int));
        std::fill(values.begin(), values.end(), 0);
        EXPECT_EQ(read(memory, count), kept) << count;
        gpu_->zero(memory, count * sizeof(int));
        EXPECT_EQ(read(memory, count), values) << count;
        gpu_->release(memory);
    }
}

TEST_F(Gpu, WorkIsCalledTwiceAndRunsEveryTime) {
    constexpr std::size_t count = 1000;
    void* const memory = gpu_->allocate(count * sizeof(int));
    const std::vector<int> ones(count, 1), zeros(count, 0);
    std::unique_ptr<Recording> recording;
    int calls = 0;
    for (int i = 0; i < 4; ++i) {
        gpu_->copy_in(memory, ones.data(), count * sizeof(int));
        EXPECT_EQ(read(memory, count), ones) << "run " << i;
        gpu_->run(recording, [&] {
            ++calls;
            gpu_->zero(memory, count * sizeof(int));
        });
        EXPECT_EQ(read(memory, count), zeros) << "run " << i;
    }
    EXPECT_EQ(calls, 2);
    gpu_->release(memory);
}

/// Libraries make what they need of each thread in its first run, so that is never the one that is recorded.
TEST_F(Gpu, AThreadThatComesLaterRunsTheWorkAsItIsFirst) {
    void* const memory = gpu_->allocate(sizeof(int));
    const std::vector<int> one(1, 1), zero(1, 0);
    std::unique_ptr<Recording> recording;
    std::vector<std::thread::id> calls;
    const auto run = [&] {
        gpu_->copy_in(memory, one.data(), sizeof(int));
        gpu_->run(recording, [&] {
            calls.push_back(std::this_thread::get_id());
            gpu_->zero(memory, sizeof(int));
        });
        EXPECT_EQ(read(memory, 1), zero);
    };
    run();
    std::thread([&] {
        for (int i = 0; i < 3; ++i) run();
        EXPECT_EQ(std::count(calls.begin(), calls.end(), std::this_thread::get_id()), 2);
    }).join();
    run();
    EXPECT_EQ(calls.size(), 3U) << "the recording serves all threads";
    gpu_->release(memory);
}

TEST_F(Gpu, ARecordingThatFailsLeavesTheStreamUsable) {
    void* const memory = gpu_->allocate(4);
    const auto work = [&] { gpu_->zero(memory, 4); };
    std::unique_ptr<Recording> recording;
    gpu_->run(recording, work);
    EXPECT_THROW(gpu_->run(recording, [] { throw KernelError("on purpose"); }), KernelError);
    gpu_->run(recording, work);
    EXPECT_EQ(read(memory, 1), std::vector<int>{0});
    gpu_->release(memory);
}

TEST_F(Gpu, TimeIsMeasured) {
    void* const memory = gpu_->allocate(1 << 20);
    EXPECT_GT(gpu_->time([&] { gpu_->zero(memory, 1 << 20); }), 0.0);
    gpu_->release(memory);
}

}  // namespace
}  // namespace emulsion::kernels::tests
