// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The small things of kernels.h itself: names, layouts, costs, descriptions.
#include <gtest/gtest.h>

#include <set>

#include "tests/kernels/layouts.h"
#include "tests/kernels/standard.h"

namespace emulsion::kernels::tests {
namespace {

TEST(Names, AreDistinctAndInOrder) {
    std::set<std::string> kinds, operands;
    for (int i = 0; i < op_kind_count; ++i) kinds.insert(name(static_cast<OpKind>(i)));
    for (int i = 0; i < operand_count; ++i) operands.insert(name(static_cast<Operand>(i)));
    EXPECT_EQ(kinds.size(), static_cast<std::size_t>(op_kind_count));
    EXPECT_EQ(operands.size(), static_cast<std::size_t>(operand_count));
    EXPECT_STREQ(name(OpKind::conv_forward), "conv_forward");
    EXPECT_STREQ(name(OpKind::pool_backward), "pool_backward");
    EXPECT_STREQ(name(OpKind::reorder), "reorder");
    EXPECT_STREQ(name(Operand::diff_bias), "diff_bias");
    EXPECT_STREQ(name(Operand::mean), "mean");
    EXPECT_STREQ(name(Precision::tf32x3), "3xtf32");
    EXPECT_STREQ(name(DataType::bf16), "bf16");
    EXPECT_STREQ(name(DeviceKind::emulated), "emulated");
}

TEST(DataTypes, HaveTheirSizes) {
    EXPECT_EQ(size_of(DataType::f32), sizeof(float));
    EXPECT_EQ(size_of(DataType::bf16), 2U);
    EXPECT_EQ(size_of(DataType::u8), 1U);
    EXPECT_EQ(size_of(DataType::i32), sizeof(std::int32_t));
    EXPECT_EQ(size_of(DataType::f64), sizeof(double));
}

/// A layout of nobody, equal to those with the same word.
class Word : public OpaqueLayout {
   public:
    explicit Word(std::string word) : word_(std::move(word)) {}
    bool equals(const OpaqueLayout& other) const override { return other.name() == word_; }
    std::string name() const override { return word_; }

   private:
    std::string word_;
};

TEST(Layouts, CompareByAllTheyState) {
    const Shape shape{2, 3, 4, 5};
    EXPECT_TRUE(plain_layout(120) == plain_layout(120));
    EXPECT_FALSE(plain_layout(120) == plain_layout(60));
    EXPECT_FALSE(plain_layout(120) == nhwc_layout(shape));
    EXPECT_FALSE(plain_layout(120) == plain_layout(120, DataType::i32));
    const auto opaque = [](const char* word) {
        return Layout{Layout::Kind::opaque, DataType::f32, 512, std::make_shared<Word>(word)};
    };
    EXPECT_TRUE(opaque("blocked") == opaque("blocked"));
    EXPECT_FALSE(opaque("blocked") == opaque("swizzled"));
}

TEST(Layouts, HaveNames) {
    EXPECT_EQ(plain_layout(4).name(), "nchw");
    EXPECT_EQ(plain_layout(4, DataType::bf16).name(), "nchw:bf16");
    EXPECT_EQ(nhwc_layout({1, 2, 3, 4}).name(), "nhwc");
    EXPECT_EQ(plain_layout(6, DataType::bf16).bytes, 12U);
}

TEST(Plans, PackNothingUnlessTheySaySo) {
    class Unpacked : public Plan {
        void run(const Arguments&, void*, const Stream&) const override {}
    };
    EXPECT_THROW(Unpacked().pack(nullptr, nullptr, nullptr, Stream{}), KernelError);
}

// AlexNet's known figures: 105,415,200 multiply-adds in conv1, 37,748,736 weights in fc6.
TEST(Costs, AreAlexNets) {
    const Operation conv1{OpKind::conv_forward, Convolution{{1, 3, 227, 227}, {1, 96, 55, 55}, 11, 11, 4, 4}};
    EXPECT_DOUBLE_EQ(cost(conv1).flop, 2 * 105'415'200.0 + 290'400);
    EXPECT_DOUBLE_EQ(cost(conv1).bytes, 4.0 * (3 * 227 * 227 + 96 * 55 * 55 + 34'848));
    const Operation conv1_data{OpKind::conv_backward_data, conv1.descriptor};
    EXPECT_DOUBLE_EQ(cost(conv1_data).flop, 2 * 105'415'200.0);
    const Operation fc6{OpKind::fc_forward, FullyConnected{{1, 256, 6, 6}, 4096}};
    EXPECT_DOUBLE_EQ(cost(fc6).flop, 2 * 37'748'736.0 + 4096);
    EXPECT_DOUBLE_EQ(cost(fc6).bytes, 4.0 * (37'748'736 + 9216 + 4096));
}

TEST(Costs, ArePositiveAndGrowWithTheBatch) {
    for (int i = 0; i < op_kind_count; ++i) {
        const auto kind = static_cast<OpKind>(i);
        const Cost one = cost(standard_operation(kind, 1)), ten = cost(standard_operation(kind, 10));
        EXPECT_GT(one.bytes, 0) << name(kind);
        EXPECT_GE(ten.bytes, one.bytes) << name(kind);
        EXPECT_GE(ten.flop, one.flop) << name(kind);
    }
}

TEST(Descriptions, NameKindAndShapes) {
    EXPECT_EQ(describe(Shape{50, 3, 159, 240}), "50x3x159x240");
    for (int i = 0; i < op_kind_count; ++i) {
        const auto kind = static_cast<OpKind>(i);
        const std::string line = describe(standard_operation(kind));
        EXPECT_EQ(line.rfind(name(kind), 0), 0U) << line;
        EXPECT_GT(line.size(), std::string(name(kind)).size() + 2) << line;
        EXPECT_EQ(line.find('\n'), std::string::npos) << line;
    }
}

}  // namespace
}  // namespace emulsion::kernels::tests
