// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// run() takes no memory: none at all in eigen and cuda; in onednn only the library's own bookkeeping,
// bounded.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/kernels/allocation_counter.h"
#include "tests/kernels/cases.h"
#include "tests/kernels/standard.h"

namespace emulsion::kernels::tests {
namespace {

/// oneDNN 2.6 builds a map of its arguments at every execution; this many requests a call are its affair.
constexpr long onednn_bound = 64;

/// How often run() asks for memory in `calls` calls, after one to warm up.
long allocations(Rig& rig, int calls) {
    rig.load();
    rig.run();
    start_counting_allocations();
    for (int i = 0; i < calls; ++i) rig.run();
    return stop_counting_allocations();
}

/// Every standard operation by one implementation, on teams of 1 and 2: visit(rig, what it is).
template <class Visit>
void for_each_rig(const std::string& implementation, DeviceKind device, Visit&& visit) {
    for (int i = 0; i < op_kind_count; ++i) {
        const Problem problem = make_problem(standard_operation(static_cast<OpKind>(i)));
        const Implementation* entry = find_implementation(problem.operation.kind, implementation, device);
        for (const int threads : {1, 2}) {
            Limits limits;
            limits.threads = threads;
            const auto rig = entry != nullptr ? Rig::build(problem, *entry, limits) : nullptr;
            if (rig) visit(*rig, circumstances(problem, *entry, limits, &rig->plan()));
        }
    }
}

TEST(Allocations, AreCounted) {
    if (!allocations_are_counted()) GTEST_SKIP() << "malloc belongs to a sanitizer or is not glibc's";
    start_counting_allocations();
    void* volatile from_malloc = std::malloc(10);
    int* volatile from_new = new int(1);
    void* volatile aligned = std::aligned_alloc(64, 64);
    EXPECT_EQ(stop_counting_allocations(), 3);
    std::free(from_malloc);
    delete from_new;
    std::free(aligned);
}

TEST(Allocations, EigenTakesNone) {
    if (!allocations_are_counted()) GTEST_SKIP() << "malloc belongs to a sanitizer or is not glibc's";
    int plans = 0;
    for_each_rig("eigen", DeviceKind::cpu, [&](Rig& rig, const std::string& what) {
        ++plans;
        EXPECT_EQ(allocations(rig, 3), 0) << what;
    });
    EXPECT_EQ(plans, 2 * op_kind_count);
}

/// The plans of the CUDA kernels, and the emulator once it has made its fibers.
TEST(Allocations, CudaTakesNone) {
    if (!allocations_are_counted()) GTEST_SKIP() << "malloc belongs to a sanitizer or is not glibc's";
    int plans = 0;
    for_each_rig("cuda", DeviceKind::emulated, [&](Rig& rig, const std::string& what) {
        ++plans;
        EXPECT_EQ(allocations(rig, 3), 0) << what;
    });
    EXPECT_GT(plans, 0);
}

TEST(Allocations, OneDnnTakesFewAndNoMoreWithTime) {
    if (!allocations_are_counted()) GTEST_SKIP() << "malloc belongs to a sanitizer or is not glibc's";
    if (!onednn_present()) GTEST_SKIP() << "oneDNN was not built in";
    for_each_rig("onednn", DeviceKind::cpu, [](Rig& rig, const std::string& what) {
        const long few = allocations(rig, 2), many = allocations(rig, 20);
        std::printf("%5.1f allocations a call: %s\n", static_cast<double>(many) / 20, what.c_str());
        EXPECT_LE(few, 2 * onednn_bound) << what;
        EXPECT_LE(many, 10 * few) << what << ": the count grows with the calls";
    });
}

}  // namespace
}  // namespace emulsion::kernels::tests
