// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "data/feature_text.h"

#include <cmath>
#include <cstdlib>
#include <limits>

#include "tests/data/fixtures.h"

namespace emulsion::tests {
namespace {

TEST(FeatureText, IsCsv) {
    const std::vector<float> row{0.5F, -2, 1e-20F};
    EXPECT_EQ(csv_header(3), "path,label,f1,f2,f3\n");
    EXPECT_EQ(csv_line("a b.jpg", 1, row), "a b.jpg,1,0.5,-2,9.99999968e-21\n");
    EXPECT_EQ(csv_line("a, \"b\".jpg", -1, row), "\"a, \"\"b\"\".jpg\",,0.5,-2,9.99999968e-21\n");
}

TEST(FeatureText, IsLibsvmsFormat) {
    EXPECT_EQ(libsvm_line(1, std::vector<float>{0.5F, 0, -2, 0}), "1 1:0.5 3:-2\n");
    EXPECT_EQ(libsvm_line(-1, std::vector<float>{0, 0}), "0\n");
}

TEST(FeatureText, GivesEveryFloatBack) {
    for (float value : {0.1F, 1.0F / 3, std::nextafter(1.0F, 2.0F), std::numeric_limits<float>::max(),
                        std::numeric_limits<float>::denorm_min(), -123456.789F}) {
        const std::string line = libsvm_line(0, std::vector<float>{value});
        EXPECT_EQ(std::strtof(line.c_str() + 4, nullptr), value) << line;
    }
}

}  // namespace
}  // namespace emulsion::tests
