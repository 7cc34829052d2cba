// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Each planted fault shows in this build by the sign it is to show by, and the kernel without it is clean.
#include "tests/kernels/emulator/faults.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>

#include "tests/kernels/emulator/device_array.h"
#include "tests/kernels/emulator/orders.h"

namespace emulsion::kernels::emulated {
namespace {

enum class Build { fast, address, access_log };

Build build() {
    if (logs_accesses()) return Build::access_log;
    return EMULSION_ADDRESS_SANITIZER != 0 ? Build::address : Build::fast;
}

Sign expected(const PlantedFault& fault) {
    switch (build()) {
        case Build::fast:
            return fault.fast;
        case Build::address:
            return fault.address;
        case Build::access_log:
            break;
    }
    return Sign::stopped;
}

struct Outcome {
    std::vector<std::uint32_t> bits;
    std::string damage, error;
};

Outcome run(const PlantedFault& fault, bool planted, const Schedule& how) {
    settings().order = how.order;
    settings().seed = how.seed;
    std::vector<float> numbers(fault_floats);
    for (int i = 0; i < fault_floats; ++i) numbers[i] = static_cast<float>(i + 1);
    const DeviceArray<float> src(numbers), dst(fault_floats);
    Outcome outcome;
    try {
        fault.run(planted, src.data(), dst.data(), queue_of(how.threads));
    } catch (const LaunchError& error) {
        outcome.error = error.what();
    }
    settings() = {};
    outcome.damage = memory_damage();
    for (const float x : dst.read()) {
        outcome.bits.push_back(0);
        std::memcpy(&outcome.bits.back(), &x, sizeof x);
    }
    return outcome;
}

constexpr Schedule runs[] = {
    {Order::forward, 1, 1}, {Order::reverse, 1, 1}, {Order::random, 1, 1}, {Order::random, 2, 1}};

/// The lines of faults.cu that carry a fault's name as a comment.
std::vector<std::string> marked_lines(const std::string& name) {
    std::ifstream source(EMULSION_SOURCE_DIR "/tests/kernels/emulator/faults.cu");
    std::vector<std::string> found;
    std::string line;
    for (int number = 1; std::getline(source, line); ++number)
        if (line.ends_with("// " + name)) found.push_back("faults.cu:" + std::to_string(number));
    return found;
}

/// The emulator tells of the thread that ends, not of the line that asked for the copy.
bool has_no_place(const std::string& name) {
    return name == "abandoned_async_copy";
}

class Faults : public testing::TestWithParam<PlantedFault> {};

TEST_P(Faults, AreAbsentFromTheMendedKernel) {
    const Outcome first = run(GetParam(), false, runs[0]);
    for (const Schedule& how : runs) {
        const Outcome outcome = run(GetParam(), false, how);
        EXPECT_EQ(outcome.error, "");
        EXPECT_EQ(outcome.damage, "");
        EXPECT_EQ(outcome.bits, first.bits);
    }
}

TEST_P(Faults, ShowInTheResult) {
    if (expected(GetParam()) != Sign::result) GTEST_SKIP() << "not the sign of this one in this build";
    const Outcome mended = run(GetParam(), false, runs[0]);
    EXPECT_TRUE(std::any_of(std::begin(runs), std::end(runs), [&](const Schedule& how) {
        return run(GetParam(), true, how).bits != mended.bits;
    }));
}

TEST_P(Faults, ShowInMemory) {
    if (expected(GetParam()) != Sign::damage) GTEST_SKIP() << "not the sign of this one in this build";
    for (const Schedule& how : runs)
        EXPECT_EQ(run(GetParam(), true, how).damage, "beyond the end of a buffer of 256 bytes");
}

TEST_P(Faults, StopTheLaunch) {
    if (expected(GetParam()) != Sign::stopped) GTEST_SKIP() << "not the sign of this one in this build";
    for (const Schedule& how : runs) {
        const std::string error = run(GetParam(), true, how).error;
        EXPECT_NE(error.find(std::string("kernel ") + GetParam().name), std::string::npos) << error;
        // In another order a missing barrier may also show as a read of what nobody has written yet.
        if (how.order == Order::forward) {
            EXPECT_NE(error.find(GetParam().stopped_by), std::string::npos) << error;
        }
        EXPECT_EQ(error.find('\n'), std::string::npos) << error;
    }
}

TEST_P(Faults, AreReportedWithTheirPlaces) {
    if (build() != Build::access_log) GTEST_SKIP() << "the access log knows places";
    const std::string error = run(GetParam(), true, runs[0]).error;
    const auto lines = marked_lines(GetParam().name);
    EXPECT_EQ(lines.empty(), has_no_place(GetParam().name));
    for (const std::string& line : lines) EXPECT_NE(error.find(line), std::string::npos) << error;
}

TEST_P(Faults, EndTheProgramUnderAddressSanitizer) {
    if (expected(GetParam()) != Sign::aborted) GTEST_SKIP() << "not the sign of this one in this build";
    GTEST_FLAG_SET(death_test_style, "threadsafe");  // the teams of other tests still have threads
    EXPECT_DEATH(run(GetParam(), true, runs[0]), "faults.cu");
}

INSTANTIATE_TEST_SUITE_P(Emulator, Faults,
                         testing::ValuesIn(planted_faults, planted_faults + planted_fault_count),
                         [](const auto& fault) { return std::string(fault.param.name); });

}  // namespace
}  // namespace emulsion::kernels::emulated
