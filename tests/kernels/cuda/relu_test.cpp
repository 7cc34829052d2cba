// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// That kernels start on a card, as they are and recorded; skipped, with the reason, where there is none.
#include <gtest/gtest.h>

#include <algorithm>

#include "kernels/accelerator.h"

namespace emulsion::kernels::tests {
namespace {

TEST(GpuRelu, RunsAsItIsAndRecorded) {
    std::string why;
    if (accelerators(DeviceKind::cuda, &why).empty()) GTEST_SKIP() << why;
    const auto gpu = open_accelerator(DeviceKind::cuda, 0);
    const auto& list = implementations(OpKind::relu_forward);
    const auto entry = std::find_if(list.begin(), list.end(),
                                    [](const auto& each) { return each.device == DeviceKind::cuda; });
    ASSERT_NE(entry, list.end());

    constexpr std::size_t count = 1000;
    const auto plan = entry->plan({OpKind::relu_forward, Relu{{1, 1, 1, count}}}, Limits{});
    void* const memory = gpu->allocate(count * sizeof(float));
    Arguments arguments;
    arguments.set(Operand::src, memory);
    arguments.set(Operand::dst, memory);
    const std::vector<float> before(count, -1.0F);
    std::unique_ptr<Recording> recording;
    for (int i = 0; i < 3; ++i) {
        gpu->copy_in(memory, before.data(), count * sizeof(float));
        gpu->run(recording, [&] { plan->run(arguments, nullptr, {nullptr, gpu->stream()}); });
        std::vector<float> after(count, 7.0F);
        gpu->copy_out(after.data(), memory, count * sizeof(float));
        EXPECT_EQ(after, std::vector<float>(count, 0.0F)) << "run " << i;
    }
    gpu->release(memory);
}

}  // namespace
}  // namespace emulsion::kernels::tests
