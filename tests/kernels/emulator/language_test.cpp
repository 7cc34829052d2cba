// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// CUDA's language on the emulator, in every order of threads, alone and with a team.
#include "tests/kernels/emulator/language.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "tests/kernels/emulator/device_array.h"
#include "tests/kernels/emulator/orders.h"

namespace emulsion::kernels::emulated {
namespace {

class Language : public InEveryOrder {};

TEST_P(Language, TransposesThroughSharedMemory) {
    constexpr int rows = 37, columns = 53;
    std::vector<float> values(rows * columns);
    std::iota(values.begin(), values.end(), 0.0F);
    const DeviceArray<float> src(values), dst(values.size());
    transpose(src.data(), dst.data(), rows, columns, queue());
    const auto result = dst.read();
    for (int y = 0; y < rows; ++y)
        for (int x = 0; x < columns; ++x) ASSERT_EQ(result[x * rows + y], values[y * columns + x]);
}

TEST_P(Language, AddsRowsThroughWarpsAndDynamicSharedMemory) {
    constexpr int rows = 9, columns = 300;
    const DeviceArray<float> src(std::vector<float>(rows * columns, 1.0F)), dst(rows);
    row_sum(src.data(), dst.data(), rows, columns, queue());
    EXPECT_EQ(dst.read(), std::vector<float>(rows, columns));
}

TEST_P(Language, ExchangesAmongLanes) {
    const DeviceArray<unsigned> out(32 * warp_words);
    all_warp_words(out.data(), queue());
    const auto words = out.read();
    for (unsigned lane = 0; lane < 32; ++lane) {
        const unsigned expected[warp_words] = {5, lane / 8 * 8 + 1, lane < 3 ? lane : lane - 3,
                                               lane % 4 == 0 ? lane : lane - 1, lane > 28 ? lane : lane + 3,
                                               lane % 4 == 3 ? lane : lane + 1, lane ^ 17,
                                               // a lane may read from segments before its own, not after it
                                               (lane ^ 6) / 4 > lane / 4 ? lane : lane ^ 6, 0x49249249, 1, 0,
                                               lane < 16 ? 0x0000AAAAU : 0x88880000U};
        for (int i = 0; i < warp_words; ++i)
            EXPECT_EQ(words[lane * warp_words + i], expected[i]) << "lane " << lane << ", word " << i;
    }
}

TEST_P(Language, CountsWithBallotsAndAtomics) {
    std::vector<float> values(1000);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = i % 3 == 0 ? 1.0F : -1.0F;
    const DeviceArray<float> src(values), sum(std::vector<float>{0.0F});
    const DeviceArray<int> positive(std::vector<int>{0});
    count_positive(src.data(), positive.data(), sum.data(), 1000, queue());
    EXPECT_EQ(positive.read()[0], 334);
    EXPECT_EQ(sum.read()[0], 334.0F);
}

TEST_P(Language, MovesVectors) {
    const DeviceArray<float> data(std::vector<float>{1, 2, 3, 4, 5, 6, 1, 8});
    scale(data.data(), 2, 2.5F, queue());
    EXPECT_EQ(data.read(), (std::vector<float>{2.5F, 5, 3, 2.5F, 12.5F, 15, 2.5F, 2.5F}));
}

TEST_P(Language, CountsBlocksAndThreadsInThreeDimensions) {
    const DeviceArray<unsigned> out(std::vector<unsigned>(12 * 30, 0));
    coordinates(out.data(), queue());
    const auto cells = out.read();
    for (unsigned i = 0; i < cells.size(); ++i) EXPECT_EQ(cells[i], i / 30 * 1000 + i % 30);
}

INSTANTIATE_TEST_SUITE_P(Emulator, Language, all_orders(), order_name);

}  // namespace
}  // namespace emulsion::kernels::emulated
