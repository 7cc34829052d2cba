// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Where matrix instructions find and leave each element: every pair of places, with numbers so small that any
// order of sums is exact.
#include "tests/kernels/emulator/matrix.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "tests/kernels/emulator/device_array.h"
#include "tests/kernels/emulator/orders.h"

namespace emulsion::kernels::emulated {
namespace {

constexpr int rows = 16, columns = 8;
using Multiply = void (*)(const float*, const float*, float*, const Queue&);

std::vector<float> expected_product(const std::vector<float>& a, const std::vector<float>& b,
                                    std::vector<float> c, int depth) {
    for (int i = 0; i < rows; ++i)
        for (int j = 0; j < columns; ++j)
            for (int k = 0; k < depth; ++k) c[i * columns + j] += a[i * depth + k] * b[k * columns + j];
    return c;
}

class Matrix : public InEveryOrder {
   protected:
    static std::vector<float> multiply(Multiply with, const std::vector<float>& a,
                                       const std::vector<float>& b, const std::vector<float>& c) {
        const DeviceArray<float> da(a), db(b), dc(c);
        with(da.data(), db.data(), dc.data(), queue());
        return dc.read();
    }

    /// Every element of a is 1 alone once, against numbers in b that tell its place; c tells its own.
    static void try_every_place(Multiply with, int depth) {
        std::vector<float> b(depth * columns), c(rows * columns);
        for (std::size_t i = 0; i < b.size(); ++i) b[i] = static_cast<float>(i + 1);
        for (std::size_t i = 0; i < c.size(); ++i) c[i] = static_cast<float>(1000 * i);
        for (int i = 0; i < rows * depth; ++i) {
            std::vector<float> a(rows * depth);
            a[i] = 1;
            ASSERT_EQ(multiply(with, a, b, c), expected_product(a, b, c, depth))
                << "element " << i << " of a";
        }
    }
};

TEST_P(Matrix, Tf32FragmentsLieWhereTheyMust) {
    try_every_place(multiply_tf32, 8);
}

TEST_P(Matrix, Bf16FragmentsLieWhereTheyMust) {
    try_every_place(multiply_bf16, 16);
}

TEST_P(Matrix, LoadsEightByEight) {
    std::vector<unsigned short> numbers(4 * 64);
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<unsigned short>(i);
    const DeviceArray<unsigned short> matrices(numbers);
    for (const int count : {1, 2, 4})
        for (const bool transposed : {false, true}) {
            const DeviceArray<unsigned> registers(32 * count);
            load_all(matrices.data(), count, transposed, registers.data(), queue());
            const auto words = registers.read();
            for (unsigned lane = 0; lane < 32; ++lane)
                for (int m = 0; m < count; ++m) {
                    const auto at = [&](unsigned row, unsigned column) {
                        return transposed ? m * 64 + column * 8 + row : m * 64 + row * 8 + column;
                    };
                    const unsigned low = at(lane / 4, lane % 4 * 2), high = at(lane / 4, lane % 4 * 2 + 1);
                    ASSERT_EQ(words[lane * count + m], low | high << 16)
                        << count << transposed << " " << lane;
                }
        }
}

TEST_P(Matrix, MultipliesWhatCopiesAndLoadsBring) {
    constexpr int depth = 80;
    const auto bf16 = [](int x) {
        return static_cast<unsigned short>(std::bit_cast<unsigned>(static_cast<float>(x)) >> 16);
    };
    std::vector<unsigned short> a(rows * depth), b(columns * depth);
    std::vector<float> expected(rows * columns);
    for (int i = 0; i < rows * depth; ++i) a[i] = bf16(i % 7 - 3);
    for (int i = 0; i < columns * depth; ++i) b[i] = bf16(i % 5 - 2);
    for (int i = 0; i < rows * columns; ++i)
        for (int k = 0; k < depth; ++k)
            expected[i] +=
                static_cast<float>(((i / columns * depth + k) % 7 - 3) * ((i % columns * depth + k) % 5 - 2));
    const DeviceArray<unsigned short> da(a), db(b);
    const DeviceArray<float> c(rows * columns);
    product(da.data(), db.data(), depth, c.data(), queue());
    EXPECT_EQ(c.read(), expected);
}

TEST_P(Matrix, CopiesPartsAndFillsWithZero) {
    const DeviceArray<float> src(std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8}), dst(12);
    copy_parts(src.data(), dst.data(), queue());
    EXPECT_EQ(dst.read(), (std::vector<float>{-1, 1, -1, -1, -1, -1, 3, 0, 5, 6, 0, 0}));
}

TEST_P(Matrix, RoundsAsTheInstructionsDo) {
    constexpr float inf = std::numeric_limits<float>::infinity();
    const std::vector<float> numbers{
        1.0F, 1 + 0x1p-11F, 1 + 0x1p-11F - 0x1p-23F, -1 - 0x1p-11F, 1 + 0x1p-8F, 1 + 0x3p-8F, 0x1.FFFFFEp127F,
        inf,  0x1p-149F,    1 + 0x1p-8F + 0x1p-23F};
    const std::vector<float> tf32{1.0F, 1 + 0x1p-10F, 1.0F, -1 - 0x1p-10F, 1 + 0x1p-8F, 1 + 0x3p-8F,
                                  inf,  inf,          0,    1 + 0x1p-8F};
    const std::vector<float> bf16{1.0F, 1.0F, 1.0F, -1.0F, 1.0F, 1 + 0x1p-6F, inf, inf, 0, 1 + 0x1p-7F};
    const auto count = static_cast<int>(numbers.size());
    const DeviceArray<float> src(numbers);
    const DeviceArray<unsigned> as_tf32(count), as_bf16(count);
    round_all(src.data(), count, as_tf32.data(), as_bf16.data(), queue());
    for (int i = 0; i < count; ++i) {
        EXPECT_EQ(std::bit_cast<float>(as_tf32.read()[i]), tf32[i]) << i;
        const unsigned pair = as_bf16.read()[i];
        EXPECT_EQ(std::bit_cast<float>(pair << 16), bf16[i]) << i;
        EXPECT_EQ(std::bit_cast<float>(pair & 0xFFFF0000U), -bf16[i]) << i;
    }
}

INSTANTIATE_TEST_SUITE_P(Emulator, Matrix, all_orders(), order_name);

}  // namespace
}  // namespace emulsion::kernels::emulated
