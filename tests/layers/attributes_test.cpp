// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Settings and inputs that make no sense: one line each, with the layer, its type and the figures.
#include <emulsion/error.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "tests/layers/walk.h"

namespace emulsion::test {
namespace {

using Int = std::int64_t;
const std::vector<Shape> photo = {{1, 3, 8, 8}};

// The message of the error that making the layer, or taking its inputs, ends in; "" if all is well.
std::string error_of(const std::string& type, const Attributes& attributes,
                     const std::vector<Shape>& inputs = photo) {
    try {
        const auto layer = make_layer(type, attributes, "conv2");
        layer->setup(inputs);
        layer->parameters();
    } catch (const Error& e) {
        EXPECT_EQ(e.kind(), Error::Kind::data) << e.what();
        return e.what();
    }
    return "";
}

TEST(Attributes, AMisspeltSettingIsNamed) {
    EXPECT_EQ(error_of("fc", {{"outputs", Int{2}}, {"biass", true}}),
              "layer conv2 (fc): there is no setting 'biass'; this type takes outputs, bias");
    EXPECT_EQ(error_of("relu", {{"slope", 0.1}}),
              "layer conv2 (relu): there is no setting 'slope'; this type takes none");
}

TEST(Attributes, EveryTypeRejectsWhatItDoesNotKnow) {
    for (const auto& [type, maker] : standard_layers()) {
        const std::string error = error_of(type, {{"nonsense", Int{1}}});
        EXPECT_NE(error.find("(" + type + "): there is no setting 'nonsense'"), std::string::npos) << error;
    }
}

TEST(Attributes, ConvolutionMustFit) {
    EXPECT_EQ(error_of("conv", {{"outputs", Int{4}}, {"kernel", Int{3}}, {"groups", Int{2}}}),
              "layer conv2 (conv): 2 groups do not divide 3 input channels");
    EXPECT_EQ(error_of("conv", {{"outputs", Int{4}}, {"kernel", Int{3}}, {"groups", Int{3}}}),
              "layer conv2 (conv): 3 groups do not divide 4 outputs");
    EXPECT_EQ(error_of("conv", {{"outputs", Int{4}}, {"kernel", Int{11}}, {"pad", Int{1}}}),
              "layer conv2 (conv): its kernel of 11x11 is larger than its padded input of 10x10");
    EXPECT_EQ(error_of("conv", {{"outputs", Int{4}}, {"kernel", Int{11}}, {"pad", Int{2}}}), "");
    EXPECT_EQ(error_of("conv", {{"outputs", Int{4}}, {"kernel", Int{3}}}, {{1, 3, 8, 8}, {1, 3, 8, 8}}),
              "layer conv2 (conv): it has 2 inputs and takes one");
}

TEST(Attributes, WhatMustBeGivenIsMissed) {
    EXPECT_EQ(error_of("conv", {{"kernel", Int{3}}}), "layer conv2 (conv): attribute \"outputs\" is missing");
    EXPECT_EQ(error_of("conv", {{"outputs", Int{3}}}), "layer conv2 (conv): attribute \"kernel\" is missing");
    EXPECT_EQ(error_of("pool", {{"kernel", Int{3}}}),
              "layer conv2 (pool): mode is absent; it must be one of: max, average");
    EXPECT_EQ(error_of("pool", {{"mode", "max"}}), "layer conv2 (pool): attribute \"kernel\" is missing");
    EXPECT_EQ(error_of("fc", {}), "layer conv2 (fc): attribute \"outputs\" is missing");
}

TEST(Attributes, BothDirectionsOrNeither) {
    EXPECT_EQ(error_of("conv", {{"outputs", Int{4}}, {"kernel_h", Int{3}}}),
              "layer conv2 (conv): give both kernel_h and kernel_w");
    EXPECT_EQ(error_of("conv", {{"outputs", Int{4}}, {"kernel", Int{3}}, {"stride_w", Int{3}}}),
              "layer conv2 (conv): give both stride_h and stride_w");
    EXPECT_EQ(error_of("conv",
                       {{"outputs", Int{4}}, {"kernel", Int{3}}, {"kernel_h", Int{3}}, {"kernel_w", Int{3}}}),
              "layer conv2 (conv): give kernel or kernel_h and kernel_w, not both");
}

TEST(Attributes, TypesAreChecked) {
    EXPECT_EQ(error_of("conv", {{"outputs", "many"}, {"kernel", Int{3}}}),
              "layer conv2 (conv): attribute \"outputs\" must be an integer, not text");
    EXPECT_EQ(error_of("dropout", {{"ratio", true}}),
              "layer conv2 (dropout): attribute \"ratio\" must be a number, not true or false");
    EXPECT_EQ(error_of("fc", {{"outputs", Int{4}}, {"bias", Int{1}}}),
              "layer conv2 (fc): attribute \"bias\" must be true or false, not an integer");
    EXPECT_EQ(error_of("pool", {{"mode", Int{0}}, {"kernel", Int{3}}}),
              "layer conv2 (pool): attribute \"mode\" must be text, not an integer");
}

TEST(Attributes, ValuesAreBounded) {
    EXPECT_EQ(error_of("conv", {{"outputs", Int{0}}, {"kernel", Int{3}}}),
              "layer conv2 (conv): outputs is 0; it must lie in 1..1048576");
    EXPECT_EQ(error_of("conv", {{"outputs", Int{4}}, {"kernel", Int{1} << 32}}),
              "layer conv2 (conv): kernel is 4294967296; it must lie in 1..4096");
    EXPECT_NE(error_of("conv", {{"outputs", Int{4}}, {"kernel", Int{3}}, {"stride", Int{0}}}), "");
    EXPECT_NE(error_of("conv", {{"outputs", Int{4}}, {"kernel", Int{3}}, {"pad", Int{-1}}}), "");
    EXPECT_NE(error_of("conv", {{"outputs", Int{4}}, {"kernel", Int{3}}, {"groups", Int{0}}}), "");
    EXPECT_NE(error_of("fc", {{"outputs", std::numeric_limits<Int>::max()}}), "");
    EXPECT_EQ(error_of("lrn", {{"size", Int{4}}}), "layer conv2 (lrn): size is 4; it must be odd");
    EXPECT_NE(error_of("lrn", {{"k", 0.0}}), "");
    EXPECT_NE(error_of("lrn", {{"alpha", std::numeric_limits<double>::quiet_NaN()}}), "");
    EXPECT_NE(error_of("lrn", {{"beta", std::numeric_limits<double>::infinity()}}), "");
    EXPECT_EQ(error_of("lrn", {{"size", Int{3}}, {"alpha", Int{1}}}), "");  // an integer serves as a real
}

TEST(Attributes, DropoutKeepsSomething) {
    EXPECT_EQ(error_of("dropout", {{"ratio", 0.0}}), "");
    EXPECT_NE(error_of("dropout", {{"ratio", -0.1}}), "");
    EXPECT_NE(error_of("dropout", {{"ratio", 1.0}}), "");
    EXPECT_NE(error_of("dropout", {{"ratio", 1 - 1e-12}}), "");  // 1 as a float
    EXPECT_NE(error_of("dropout", {{"ratio", std::numeric_limits<double>::quiet_NaN()}}), "");
}

TEST(Attributes, PoolMustMakeSense) {
    EXPECT_EQ(error_of("pool", {{"mode", "median"}, {"kernel", Int{3}}}),
              "layer conv2 (pool): mode is 'median'; it must be one of: max, average");
    EXPECT_EQ(error_of("pool", {{"mode", "max"}, {"kernel", Int{3}}, {"round", "half"}}),
              "layer conv2 (pool): round is 'half'; it must be one of: up, down");
    EXPECT_EQ(error_of("pool", {{"mode", "max"}, {"kernel", Int{3}}, {"pad", Int{3}}}),
              "layer conv2 (pool): padding of 3x3 leaves windows of 3x3 empty");
    EXPECT_EQ(error_of("pool", {{"mode", "max"}, {"kernel", Int{3}}, {"pad_h", Int{0}}, {"pad_w", Int{3}}}),
              "layer conv2 (pool): padding of 0x3 leaves windows of 3x3 empty");
    EXPECT_EQ(error_of("pool", {{"mode", "max"}, {"kernel", Int{9}}, {"round", "down"}}),
              "layer conv2 (pool): its windows of 9x9 do not fit into 1x3x8x8");
    EXPECT_EQ(error_of("pool", {{"mode", "average"}, {"global", true}, {"kernel", Int{9}}}),
              "layer conv2 (pool): a global pool takes no kernel");
    EXPECT_EQ(error_of("pool", {{"mode", "average"}, {"global", true}, {"pad", Int{1}}}),
              "layer conv2 (pool): a global pool takes stride 1 and no padding");
}

TEST(Attributes, SoftmaxTakesOneNumberAClass) {
    EXPECT_EQ(error_of("softmax", {}),
              "layer conv2 (softmax): it takes one number a class, not an input of 1x3x8x8");
    EXPECT_EQ(error_of("softmax_loss", {}, {{4, 10, 1, 1}}), "");
}

TEST(Attributes, ConcatDiffersInChannelsOnly) {
    EXPECT_EQ(error_of("concat", {}, {}), "layer conv2 (concat): it has no inputs");
    EXPECT_EQ(error_of("concat", {}, {{1, 3, 8, 8}, {1, 5, 8, 9}}),
              "layer conv2 (concat): inputs of 1x3x8x8 and 1x5x8x9 differ in more than channels");
}

TEST(Attributes, AbsurdSizesDoNotOverflow) {
    const Int side = Int{1} << 20;
    EXPECT_NE(error_of("relu", {}, {{1, 0, 8, 8}}), "");
    EXPECT_NE(error_of("relu", {}, {{1, -3, 8, 8}}), "");
    EXPECT_NE(error_of("relu", {}, {{side, side, side, side}}), "");  // overflows 64 bits
    EXPECT_NE(error_of("relu", {}, {{1, 1, 1, Int{1} << 40}}), "");
    EXPECT_EQ(error_of("relu", {}, {{1, 1, Int{1} << 20, (Int{1} << 20) - 1}}), "");
    EXPECT_NE(error_of("relu", {}, {{1, 1, Int{1} << 20, Int{1} << 20}}), "");
    EXPECT_EQ(error_of("fc", {{"outputs", Int{1} << 20}}, {{1, 1, 1024, 1024}}),
              "layer conv2 (fc): its parameter 'weight' is too large");
}

}  // namespace
}  // namespace emulsion::test
