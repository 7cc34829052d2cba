// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Buffers, tested: what is written comes back, and strays are noticed. On the CPU, on the emulator, and on
// a card that is made of the host's memory.
#include "tests/kernels/device_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <utility>
#include <vector>

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
    void copy_in(void* to, const void* from, std::size_t bytes) override {
        if (bytes > 0) std::memcpy(to, from, bytes);  // an empty vector may point nowhere
    }
    void copy_out(void* to, const void* from, std::size_t bytes) override {
        if (bytes > 0) std::memcpy(to, from, bytes);
    }
    void zero(void* at, std::size_t bytes) override { std::memset(at, 0, bytes); }
    void synchronise() override {}
    void* stream() const override { return nullptr; }
    void run(std::unique_ptr<Recording>&, const std::function<void()>& work) override { work(); }
    double time(const std::function<void()>&) override { return 0; }

   private:
    AcceleratorInfo info_;
};

/// Makes buffers of one kind.
using Maker = std::function<std::unique_ptr<DeviceBuffer>(std::size_t bytes)>;

struct Kind {
    const char* name;
    Maker make;
};

Maker on(DeviceKind device) {
    return [device](std::size_t bytes) { return make_buffer(device, bytes); };
}

std::unique_ptr<DeviceBuffer> on_a_card(std::size_t bytes) {
    static HostCard card;
    return make_buffer(card, bytes, Guards::ours);
}

class Buffers : public testing::TestWithParam<Kind> {};

TEST_P(Buffers, BringBackWhatWasWritten) {
    for (const std::size_t bytes : {0, 1, 63, 1000, 100'000}) {
        const auto buffer = GetParam().make(bytes);
        ASSERT_EQ(buffer->size(), bytes);
        std::vector<std::byte> content(bytes);
        for (std::size_t i = 0; i < bytes; ++i) content[i] = static_cast<std::byte>(i % 251);
        buffer->fill(std::byte{7});
        buffer->write(content);
        const auto now = buffer->read();
        EXPECT_TRUE(std::equal(now.begin(), now.end(), content.begin(), content.end())) << bytes;
        EXPECT_TRUE(buffer->guards_intact()) << bytes;
    }
}

TEST_P(Buffers, ArePoisonedWithNaN) {
    const auto buffer = GetParam().make(4 * sizeof(float));
    buffer->fill(std::byte{0});
    buffer->poison();
    float values[4];
    std::memcpy(values, buffer->read().data(), sizeof values);
    for (const float value : values) EXPECT_TRUE(std::isnan(value));
}

TEST_P(Buffers, NoticeStrays) {
    if (!allocations_are_counted()) GTEST_SKIP() << "a sanitizer stops at the stray itself";
    for (const std::ptrdiff_t bytes : {1, 64, 1000})
        for (const std::ptrdiff_t place : {std::ptrdiff_t{-256}, std::ptrdiff_t{-1}, bytes, bytes + 255}) {
            const auto buffer = GetParam().make(static_cast<std::size_t>(bytes));
            std::byte& cell = static_cast<std::byte*>(buffer->data())[place];
            const std::byte before = std::exchange(cell, std::byte{1});
            EXPECT_FALSE(buffer->guards_intact()) << bytes << " bytes, written at " << place;
            cell = before;
            EXPECT_TRUE(buffer->guards_intact()) << bytes << " bytes, mended at " << place;
        }
}

INSTANTIATE_TEST_SUITE_P(Each, Buffers,
                         testing::Values(Kind{"cpu", on(DeviceKind::cpu)},
                                         Kind{"emulated", on(DeviceKind::emulated)}, Kind{"card", on_a_card}),
                         [](const auto& kind) { return std::string(kind.param.name); });

/// As on the host: a kernel that takes more than the promised alignment for granted faults.
TEST(CardBuffer, IsAlignedToSixtyFourAndNoMore) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(on_a_card(100)->data()) % 128, 64U);
}

}  // namespace
}  // namespace emulsion::kernels::tests
