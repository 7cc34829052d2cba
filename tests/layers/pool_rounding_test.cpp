// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// How many windows a pool has, against windows laid out one by one.
#include <emulsion/error.h>
#include <gtest/gtest.h>

#include "tests/layers/walk.h"

namespace emulsion::test {
namespace {

// Lays windows from the start of the padding at steps of `stride`. Rounding down takes a window only if
// it lies wholly in the padded image. Rounding up goes on until the padded image is covered, but never
// starts a window past the image's last cell.
std::int64_t count_windows(std::int64_t in, std::int64_t kernel, std::int64_t stride, std::int64_t pad,
                           bool round_up) {
    const std::int64_t image_end = in, padded_end = in + pad;
    std::int64_t count = 0;
    for (std::int64_t start = -pad; start < image_end; start += stride) {
        const bool whole = start + kernel <= padded_end;
        if (whole || round_up) ++count;
        if (start + kernel >= padded_end) break;
    }
    return count;
}

std::int64_t windows(std::int64_t in, std::int64_t kernel, std::int64_t stride, std::int64_t pad,
                     const char* round) {
    const auto pool = make_layer(
        "pool", {{"mode", "max"}, {"kernel", kernel}, {"stride", stride}, {"pad", pad}, {"round", round}});
    const Shape rows = pool->setup({{1, 1, in, 4096}}).at(0);
    const Shape columns = pool->setup({{1, 1, 4096, in}}).at(0);
    EXPECT_EQ(rows.h, columns.w);
    return rows.h;
}

TEST(PoolRounding, AgreesWithWindowsLaidOutOneByOne) {
    int compared = 0;
    for (std::int64_t in = 1; in <= 14; ++in)
        for (std::int64_t kernel = 1; kernel <= 6; ++kernel)
            for (std::int64_t stride = 1; stride <= 7; ++stride)
                for (std::int64_t pad = 0; pad < kernel; ++pad)
                    for (const bool up : {true, false}) {
                        if (kernel > in + 2 * pad) continue;
                        const std::int64_t expected = count_windows(in, kernel, stride, pad, up);
                        EXPECT_EQ(windows(in, kernel, stride, pad, up ? "up" : "down"), expected)
                            << in << " cells, kernel " << kernel << ", stride " << stride << ", pad " << pad
                            << (up ? ", up" : ", down");
                        ++compared;
                    }
    EXPECT_GT(compared, 3000);
}

TEST(PoolRounding, KnownSizes) {
    EXPECT_EQ(windows(55, 3, 2, 0, "up"), 27);  // AlexNet pool1: it divides evenly
    EXPECT_EQ(windows(38, 3, 2, 0, "up"), 19);  // the paper's pool1: the last window hangs over
    EXPECT_EQ(windows(38, 3, 2, 0, "down"), 18);
    EXPECT_EQ(windows(112, 3, 2, 0, "up"), 56);    // GoogLeNet in Caffe
    EXPECT_EQ(windows(112, 3, 2, 1, "down"), 56);  // ResNet in torch
    EXPECT_EQ(windows(112, 3, 2, 1, "up"), 57);    // 56.5 rounds to 57, and cell 111 is inside
    EXPECT_EQ(windows(5, 2, 2, 1, "up"), 3);       // a 4th window would start on the padding
    EXPECT_EQ(windows(5, 2, 2, 1, "down"), 3);
    EXPECT_EQ(windows(5, 1, 3, 0, "up"), 2);  // a 3rd would start past the image, even unpadded
    EXPECT_EQ(windows(2, 3, 2, 0, "up"), 1);  // larger than the image, but it does hang over
}

// Larger than the image by a stride or more: (1 - 2) / 1 + 1 rounds up to no window at all.
TEST(PoolRounding, AWindowMayBeTooLarge) {
    EXPECT_THROW(windows(1, 2, 1, 0, "up"), Error);
    EXPECT_THROW(windows(2, 3, 2, 0, "down"), Error);
}

TEST(PoolRounding, CaffeIsTheFallback) {
    const auto pool =
        make_layer("pool", {{"mode", "max"}, {"kernel", std::int64_t{3}}, {"stride", std::int64_t{2}}});
    EXPECT_EQ(pool->setup({{1, 1, 38, 58}}).at(0), (Shape{1, 1, 19, 29}));
}

}  // namespace
}  // namespace emulsion::test
