// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The kernel that finishes what libraries leave undone, in every order of threads, against a plain loop: bias
// and ReLU in both layouts and types, around the ends of its quads and blocks.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "kernels/cuda/launchers.h"
#include "tests/kernels/emulator/device_array.h"
#include "tests/kernels/emulator/orders.h"
#include "tests/kernels/layouts.h"

namespace emulsion::kernels::tests {
namespace {

class AddBiasLaunches : public emulated::InEveryOrder {
   protected:
    /// What the kernel makes of `values`, in NCHW order; `bias` is empty for null.
    static Values added(const Array& values, const Layout& layout, const Values& bias, bool relu) {
        const emulated::DeviceArray<std::byte> memory(to_physical(values, layout));
        const emulated::DeviceArray<float> given(std::vector<float>(bias.begin(), bias.end()));
        const Shape& s = values.shape;
        emulated::add_bias(static_cast<int>(s.n), static_cast<int>(s.c), static_cast<int>(s.h * s.w),
                           {layout.kind == Layout::Kind::nhwc, layout.type == DataType::bf16},
                           bias.empty() ? nullptr : given.data(), relu, memory.data(), queue());
        return to_logical(memory.read(), s, layout);
    }

    static Values expected(const Array& values, const Values& bias, bool relu) {
        Values result;
        const Shape& s = values.shape;
        for (std::int64_t i = 0; i < s.count(); ++i) {
            const auto channel = static_cast<std::size_t>(i / (s.h * s.w) % s.c);
            double x = values.cells[static_cast<std::size_t>(i)] + (bias.empty() ? 0 : bias[channel]);
            if (relu && x < 0) x = 0;
            x = round_to_f32(x);
            result.push_back(values.type == DataType::bf16 ? round_to_bf16(x) : x);
        }
        return result;
    }

    /// Both layouts, with bias, ReLU, both and neither.
    static void expect_right(const Array& values, const Values& bias) {
        const Shape& s = values.shape;
        for (const Layout& layout : {plain_layout(s.count(), values.type), nhwc_layout(s, values.type)})
            for (const bool relu : {false, true})
                for (const Values& b : {Values(), bias}) {
                    SCOPED_TRACE(describe(s) + " " + layout.name() + (relu ? ", ReLU" : "") +
                                 (b.empty() ? "" : ", bias"));
                    const Values got = added(values, layout, b, relu), want = expected(values, b, relu);
                    for (std::size_t i = 0; i < want.size(); ++i)
                        ASSERT_TRUE(got[i] == want[i] || (std::isnan(got[i]) && std::isnan(want[i])))
                            << "cell " << i << ": expected " << want[i] << ", got " << got[i];
                }
    }
};
INSTANTIATE_TEST_SUITE_P(Orders, AddBiasLaunches, emulated::all_orders(), emulated::order_name);

constexpr Shape shapes[] = {
    {1, 1, 1, 1}, {1, 3, 1, 1},    {5, 7, 1, 1},    {2, 3, 1, 5},  {3, 5, 2, 2},   {2, 6, 13, 13},
    {1, 2, 3, 1}, {1, 1, 1, 1023}, {1, 1024, 1, 1}, {1, 5, 5, 41}, {4, 2, 1, 257}, {2, 1, 7, 3},
};

TEST_P(AddBiasLaunches, AreRightInBothLayoutsAndTypes) {
    for (const Shape& shape : shapes)
        for (const DataType type : {DataType::f32, DataType::bf16}) {
            const Precision precision = type == DataType::bf16 ? Precision::bf16 : Precision::fp32;
            expect_right({shape, type, random_values(shape.count(), 1, 1, precision)},
                         random_values(shape.c, 2));
        }
}

TEST_P(AddBiasLaunches, KeepNaNAndInfinity) {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    constexpr double infinity = std::numeric_limits<double>::infinity();
    for (const DataType type : {DataType::f32, DataType::bf16}) {
        expect_right({{1, 1, 1, 7}, type, {nan, -1, infinity, -infinity, 2, -0.0, nan}}, {-0.5});
        expect_right({{1, 4, 1, 1}, type, {1, 2, infinity, 4}}, {nan, -infinity, -infinity, infinity});
    }
}

}  // namespace
}  // namespace emulsion::kernels::tests
