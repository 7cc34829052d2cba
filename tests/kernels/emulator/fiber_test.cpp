// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Flows of control on stacks of their own, in the way this build switches them and, as fiber_ucontext_test
// builds this file once more, in the one that works anywhere.
#include "kernels/emulator/fiber.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace emulsion::kernels::emulated {
namespace {

struct Flow {
    alignas(64) std::array<std::byte, 64 << 10> stack;
    void* context = nullptr;
};

void* host = nullptr;
Flow flows[2], another;
std::vector<int> trace;

/// Values that live over a switch, in registers of both kinds where there are enough.
template <int id>
void body() {
    double sums[6] = {id, id, id, id, id, id};
    long counts[6] = {id, id, id, id, id, id};
    for (int round = 1; round <= 3; ++round) {
        trace.push_back(id * 10 + round);
        for (double& x : sums) x = x * 1.5 + round;
        for (long& x : counts) x = x * 3 + round;
        void* const next = id == 0 ? flows[1].context : (round < 3 ? flows[0].context : host);
        switch_context(&flows[id].context, next);
        for (const double x : sums) EXPECT_EQ(x, sums[0]);
        for (const long x : counts) EXPECT_EQ(x, counts[0]);
    }
}

template <int id>
void entry() {
    body<id>();
    switch_context(&flows[id].context, host);
}

TEST(Fibers, TakeTurnsAndKeepTheirOwn) {
    trace.clear();
    flows[0].context = make_context(flows[0].stack.data(), flows[0].stack.size(), entry<0>);
    flows[1].context = make_context(flows[1].stack.data(), flows[1].stack.size(), entry<1>);
    switch_context(&host, flows[0].context);
    EXPECT_EQ(trace, (std::vector<int>{1, 11, 2, 12, 3, 13}));
}

void* aligned_at = nullptr;

void note_alignment() {
    alignas(32) volatile char local[32] = {};
    aligned_at = const_cast<char*>(local);
    void* nowhere = nullptr;
    switch_context(&nowhere, host);
}

TEST(Fibers, HaveAlignedStacks) {
    void* const flow = make_context(another.stack.data(), another.stack.size(), note_alignment);
    switch_context(&host, flow);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(aligned_at) % 32, 0U);
    EXPECT_GE(aligned_at, another.stack.data());
    EXPECT_LT(aligned_at, another.stack.data() + another.stack.size());
}

}  // namespace
}  // namespace emulsion::kernels::emulated
