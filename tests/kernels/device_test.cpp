// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Memory of devices, tested: what is sent comes back, and strays are noticed. On the emulator, and on a card
// made of the host's memory.
#include "tests/kernels/device.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "tests/kernels/allocation_counter.h"

namespace emulsion::kernels::tests {
namespace {

class HostCard final : public Accelerator {
   public:
    const AcceleratorInfo& info() const override { return info_; }
    std::size_t free_bytes() const override { return 0; }
    void* allocate(std::size_t bytes) override {
        void* const memory = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
        std::memset(memory, 0, bytes);
        return memory;
    }
    void release(void* memory) noexcept override { std::free(memory); }
    void copy_in(void* to, const void* from, std::size_t bytes) override { std::memcpy(to, from, bytes); }
    void copy_out(void* to, const void* from, std::size_t bytes) override { std::memcpy(to, from, bytes); }
    void zero(void* at, std::size_t bytes) override { std::memset(at, 0, bytes); }
    void synchronise() override {}
    void* stream() const override { return nullptr; }
    void run(std::unique_ptr<Recording>&, const std::function<void()>& work) override { work(); }
    double time(const std::function<void()>&) override { return 0; }

   private:
    AcceleratorInfo info_;
};

void expect_round_trip(Device& device) {
    for (const std::size_t bytes : {0, 1, 63, 1000, 100'000}) {
        Buffer buffer(&device, bytes);
        for (std::size_t i = 0; i < bytes; ++i) buffer.span()[i] = static_cast<std::byte>(i % 251);
        buffer.send();
        std::fill(buffer.span().begin(), buffer.span().end(), std::byte{7});
        buffer.fetch();
        for (std::size_t i = 0; i < bytes; ++i)
            ASSERT_EQ(buffer.span()[i], static_cast<std::byte>(i % 251)) << i;
        EXPECT_TRUE(buffer.guards_intact());
        EXPECT_EQ(device.damage(), "");
    }
}

void expect_strays_noticed(Device& device) {
    for (const std::size_t bytes : {1, 64, 1000}) {
        Buffer sound(&device, 100), hurt(&device, bytes);
        auto* const data = static_cast<std::byte*>(hurt.data());
        const auto stray = [&](std::ptrdiff_t at, const std::string& where) {
            const std::byte before = std::exchange(data[at], std::byte{1});
            EXPECT_EQ(device.damage(), where + " of a buffer of " + std::to_string(bytes) + " bytes") << at;
            data[at] = before;
            EXPECT_EQ(device.damage(), "") << at;
        };
        stray(-1, "before the start");
        stray(-256, "before the start");
        stray(static_cast<std::ptrdiff_t>(bytes), "beyond the end");
        stray(static_cast<std::ptrdiff_t>(bytes) + 255, "beyond the end");
    }
}

TEST(Device, OfTheCpuIsNone) {
    EXPECT_EQ(device(DeviceKind::cpu), nullptr);
    Buffer buffer(nullptr, 10);
    EXPECT_EQ(buffer.data(), buffer.span().data());
}

TEST(Device, OnACardBringsBackWhatWasSent) {
    expect_round_trip(*make_device(std::make_unique<HostCard>()));
}

TEST(Device, OnTheEmulatorBringsBackWhatWasSent) {
    expect_round_trip(*device(DeviceKind::emulated));
}

TEST(Device, OnACardNoticesStrays) {
    expect_strays_noticed(*make_device(std::make_unique<HostCard>()));
}

TEST(Device, OnTheEmulatorNoticesStrays) {
    if (!allocations_are_counted()) GTEST_SKIP() << "a sanitizer stops at the stray itself";
    expect_strays_noticed(*device(DeviceKind::emulated));
}

/// As on the host: a kernel that takes more than the promised alignment for granted faults.
TEST(Device, OnACardIsAlignedToSixtyFourAndNoMore) {
    const auto card = make_device(std::make_unique<HostCard>());
    Buffer buffer(card.get(), 100);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % 128, 64U);
}

}  // namespace
}  // namespace emulsion::kernels::tests
