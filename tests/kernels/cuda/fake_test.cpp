// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What no machine has at will: two cards, cards that do not fit, and cards that fail.
#include <gtest/gtest.h>

#include "kernels/accelerator.h"
#include "tests/kernels/cuda/fake_runtime.h"

namespace emulsion::kernels::tests {
namespace {

class Fake : public testing::Test {
   protected:
    void SetUp() override { reset_fake_machine(); }
    void TearDown() override {
        EXPECT_EQ(fake_machine().objects, 0) << "not given back";
        EXPECT_EQ(fake_machine().misuse, std::vector<std::string>{});
        reset_fake_machine();
    }
};

std::string refusal(int index) {
    try {
        cuda::open_accelerator(index);
    } catch (const NoDevice& error) {
        return error.what();
    }
    return "";
}

template <class Call>
std::string failure(Call&& call) {
    try {
        call();
    } catch (const KernelError& error) {
        return error.what();
    }
    return "";
}

/// Every call comes after one that made the other card the current one.
TEST_F(Fake, TwoCardsAreKeptApart) {
    fake_machine().probe_errors.resize(2);
    auto first = cuda::open_accelerator(0), second = cuda::open_accelerator(1);
    const int one = 1, two = 2;
    int read = 0;
    void* const here = first->allocate(4);
    void* const there = second->allocate(100);
    first->copy_in(here, &one, 4);
    second->copy_in(there, &two, 4);
    first->copy_out(&read, here, 4);
    EXPECT_EQ(read, 1);
    second->copy_out(&read, there, 4);
    EXPECT_EQ(read, 2);
    EXPECT_EQ(first->free_bytes(), first->info().memory - 4);
    EXPECT_EQ(second->free_bytes(), second->info().memory - 100);

    std::unique_ptr<Recording> recordings[2];
    for (int i = 0; i < 3; ++i) {
        first->run(recordings[0], [&] { first->zero(here, 4); });
        second->run(recordings[1], [&] { second->zero(there, 4); });
    }
    EXPECT_GT(first->time([&] { first->zero(here, 4); }), 0.0);
    EXPECT_GT(second->time([&] { second->zero(there, 4); }), 0.0);
    first->zero(here, 4);
    second->zero(there, 4);
    first->synchronise();
    second->synchronise();
    first->release(here);
    second->release(there);
    recordings[0].reset();
    recordings[1].reset();
    first.reset();
    second.reset();
}

TEST_F(Fake, CardsThatDoNotFitAreLeftOutWithTheReason) {
    fake_machine().probe_errors = {cudaErrorNoKernelImageForDevice, cudaSuccess};
    std::string why;
    const auto cards = cuda::accelerators(&why);
    ASSERT_EQ(cards.size(), 1U);
    EXPECT_EQ(cards[0].index, 1);
    EXPECT_EQ(cards[0].name, "Second, sm_90");
    EXPECT_EQ(why,
              "cuda:0 (First, sm_90) cannot run this program, which was built for a test: build it with "
              "-DEMULSION_CUDA_ARCHITECTURES=90");
    EXPECT_EQ(refusal(0), why);
    EXPECT_EQ(refusal(1), "");
    EXPECT_EQ(refusal(2), "the NVIDIA driver shows cuda:0 to cuda:1");
}

TEST_F(Fake, CardsThatAreTakenAreNoDevices) {
    fake_machine().probe_errors = {cudaErrorDevicesUnavailable};
    EXPECT_EQ(refusal(0),
              "cuda:0 (First, sm_90) cannot be used: cudaErrorDevicesUnavailable: as the test wants it");
}

TEST_F(Fake, AnyErrorOfTheCountIsNoCard) {
    fake_machine().count_error = cudaErrorNoDevice;
    EXPECT_EQ(refusal(0), "the NVIDIA driver shows no card");
    fake_machine().driver = 0;
    EXPECT_EQ(refusal(0), "no NVIDIA driver is installed");
}

TEST_F(Fake, WhatFailedEarlierIsToldAtTheNextCall) {
    const auto gpu = cuda::open_accelerator(0);
    void* const memory = gpu->allocate(4);
    int value = 0;
    std::unique_ptr<Recording> recording;
    const auto work = [&] { gpu->zero(memory, 4); };
    gpu->run(recording, work);
    fake_machine().failed_work = cudaErrorIllegalAddress;
    const std::string texts[] = {
        failure([&] { gpu->synchronise(); }),
        failure([&] { gpu->copy_in(memory, &value, 4); }),
        failure([&] { gpu->copy_out(&value, memory, 4); }),
        failure([&] { gpu->run(recording, work); }),
        failure([&] { gpu->time(work); }),
        failure([&] { gpu->allocate(4); }),
    };
    for (const std::string& text : texts) {
        EXPECT_NE(text.find(".cpp:"), std::string::npos) << text;
        EXPECT_NE(text.find(": cuda"), std::string::npos) << text;
        EXPECT_NE(text.find(": cudaErrorIllegalAddress: "), std::string::npos) << text;
        EXPECT_NE(text.find("--device emulated"), std::string::npos) << text;
    }
    gpu->release(memory);
}

TEST_F(Fake, OutOfMemoryIsToldInNumbers) {
    fake_machine().memory = std::size_t{100} << 20;
    const auto gpu = cuda::open_accelerator(0);
    void* const memory = gpu->allocate(std::size_t{70} << 20);
    try {
        gpu->allocate((std::size_t{31} << 20) - 1);
        FAIL() << "more than there was";
    } catch (const OutOfMemory& error) {
        EXPECT_EQ(error.free_bytes, std::size_t{30} << 20);
        EXPECT_STREQ(error.what(), "30 MiB of 100 MiB are free, 31 MiB were asked for");
    }
    EXPECT_EQ(gpu->free_bytes(), std::size_t{30} << 20);
    gpu->release(memory);
}

}  // namespace
}  // namespace emulsion::kernels::tests
