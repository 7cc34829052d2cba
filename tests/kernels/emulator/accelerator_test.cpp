// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The emulated device behind the interface of all devices, and its memory.
#include "kernels/accelerator.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdlib>
#include <cstring>
#include <iostream>
#include <stdexcept>

#include "kernels/emulator/emulator.h"
#include "tests/kernels/emulator/launches.h"
#include "tests/kernels/emulator/orders.h"

namespace emulsion::kernels::emulated {
namespace {

class Device : public testing::Test {
   protected:
    void TearDown() override { settings() = {}; }
    std::unique_ptr<Accelerator> device_ = kernels::open_accelerator(DeviceKind::emulated, 0);
};

TEST_F(Device, IsOne) {
    EXPECT_EQ(kernels::accelerators(DeviceKind::emulated, nullptr).size(), 1U);
    EXPECT_EQ(device_->info().name, "emulator");
    EXPECT_THROW(kernels::open_accelerator(DeviceKind::emulated, 1), NoDevice);
}

TEST_F(Device, GivesZeroedMemoryAlignedTo256) {
    for (const std::size_t bytes : {1, 255, 256, 4096, 100'000}) {
        auto* const memory = static_cast<std::byte*>(device_->allocate(bytes));
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % 512, 256U) << "and to no more";
        EXPECT_TRUE(std::all_of(memory, memory + bytes, [](std::byte b) { return b == std::byte{0}; }));
        std::memset(memory, 1, bytes);
        device_->release(memory);
    }
}

TEST_F(Device, DoesNotGiveAnAddressAgainSoon) {
    void* const first = device_->allocate(1000);
    device_->release(first);
    void* const second = device_->allocate(1000);
    EXPECT_NE(first, second);
    device_->release(second);
}

TEST_F(Device, RunsOutOfMemoryAsAsked) {
    settings().memory = 1 << 20;
    void* const half = device_->allocate(512 << 10);
    EXPECT_EQ(device_->free_bytes(), 512U << 10);
    try {
        device_->allocate((512 << 10) + 1);
        FAIL() << "was given";
    } catch (const OutOfMemory& error) {
        EXPECT_EQ(error.free_bytes, 512U << 10);
        EXPECT_STREQ(error.what(), "524289 bytes are asked for, 524288 of 1048576 are free");
    }
    device_->release(half);
    EXPECT_EQ(device_->free_bytes(), 1U << 20);
}

TEST_F(Device, NoticesDamageWhenItSynchronises) {
    if (EMULSION_ADDRESS_SANITIZER != 0) GTEST_SKIP() << "the sanitizer stops at the write itself";
    auto* const memory = static_cast<std::byte*>(device_->allocate(100));
    EXPECT_TRUE(fences_stand(memory));
    EXPECT_NO_THROW(device_->synchronise());
    memory[100] = std::byte{1};
    EXPECT_FALSE(fences_stand(memory));
    EXPECT_THROW(device_->synchronise(), KernelError);
    EXPECT_NO_THROW(device_->synchronise()) << "told once";
    memory[-1] = std::byte{1};
    device_->release(memory);
    EXPECT_EQ(memory_damage(), "before the start of a buffer of 100 bytes");
}

TEST_F(Device, RecordsWorkAtTheSecondRunAndCallsItNoMore) {
    constexpr int count = 64;
    float numbers[count];
    for (int i = 0; i < count; ++i) numbers[i] = static_cast<float>(i);
    auto* const data = static_cast<float*>(device_->allocate(sizeof numbers));
    const auto after = [&](int runs, bool recorded) {
        std::unique_ptr<Recording> recording;
        int calls = 0;
        device_->copy_in(data, numbers, sizeof numbers);
        const auto work = [&] {
            ++calls;
            scramble(data, count, Queue{});
        };
        for (int i = 0; i < runs; ++i) recorded ? device_->run(recording, work) : work();
        EXPECT_EQ(calls, recorded ? std::min(runs, 2) : runs);
        std::vector<float> result(count);
        device_->copy_out(result.data(), data, sizeof numbers);
        return result;
    };
    for (const int runs : {1, 2, 5}) EXPECT_EQ(after(runs, true), after(runs, false));
    device_->release(data);
}

TEST_F(Device, ForgetsARecordingThatFailedHalfway) {
    constexpr int count = 64;
    const std::vector<float> numbers(count, 1.0F);
    auto* const data = static_cast<float*>(device_->allocate(count * sizeof(float)));
    const auto result_of = [&](const std::function<void()>& work) {
        device_->copy_in(data, numbers.data(), count * sizeof(float));
        work();
        std::vector<float> result(count);
        device_->copy_out(result.data(), data, count * sizeof(float));
        return result;
    };
    std::unique_ptr<Recording> recording;
    bool fails = false;
    const auto work = [&] {
        scramble(data, count, Queue{});
        if (fails) throw std::runtime_error("halfway");
    };
    const auto once = result_of(work);
    device_->run(recording, work);
    fails = true;
    EXPECT_THROW(device_->run(recording, work), std::runtime_error);
    fails = false;
    EXPECT_EQ(result_of([&] { device_->run(recording, work); }), once);
    device_->release(data);
}

TEST_F(Device, Times) {
    auto* const data = static_cast<float*>(device_->allocate(4 * 4096));
    EXPECT_GT(device_->time([&] { scramble(data, 4096, Queue{}); }), 0.0);
    device_->release(data);
}

/// In a process of its own: exit code 0 if the device is missing where addresses are short.
void open_without_addresses() {
    const rlimit limit{std::size_t{8} << 30, std::size_t{8} << 30};
    setrlimit(RLIMIT_AS, &limit);
    try {
        kernels::open_accelerator(DeviceKind::emulated, 0);
    } catch (const NoDevice& error) {
        std::cerr << error.what();
        std::exit(0);
    }
    std::exit(1);
}

TEST(Devices, AreMissingWhereAddressesAreShort) {
    if (EMULSION_SANITIZED != 0) GTEST_SKIP() << "sanitizers want addresses without end";
    GTEST_FLAG_SET(death_test_style, "threadsafe");  // so that the process has no device memory yet
    EXPECT_EXIT(open_without_addresses(), testing::ExitedWithCode(0), "ulimit -v");
}

}  // namespace
}  // namespace emulsion::kernels::emulated
