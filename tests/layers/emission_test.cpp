// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What each layer emits: which operations, bound to which values, and none that nobody wants.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/layers/walk.h"

namespace emulsion::test {
namespace {

using Int = std::int64_t;
using Bound = std::map<Operand, int>;

constexpr int in = RecordingBuilder::input_base, out = RecordingBuilder::output_base;
constexpr int weight = RecordingBuilder::parameter_base, bias = weight + 1;
constexpr int weight_gradient = RecordingBuilder::parameter_gradient_base,
              bias_gradient = weight_gradient + 1;
constexpr int arriving = RecordingBuilder::output_gradient_base;
constexpr int leaving = RecordingBuilder::input_gradient_base;
constexpr int saved = RecordingBuilder::saved_value, labels = RecordingBuilder::labels_value;
constexpr int loss = RecordingBuilder::loss_value, counter = RecordingBuilder::counter_value;

const Attributes conv_settings = {{"outputs", Int{4}}, {"kernel", Int{3}}, {"groups", Int{1}}};
const Attributes max_settings = {{"mode", "max"}, {"kernel", Int{3}}, {"stride", Int{2}}};
const Attributes average_settings = {{"mode", "average"}, {"kernel", Int{3}}, {"divisor", "inside"}};

std::unique_ptr<Layer> prepared(const std::string& type, const Attributes& attributes = {},
                                const std::vector<Shape>& inputs = {{2, 3, 8, 8}}) {
    auto layer = make_layer(type, attributes);
    layer->setup(inputs);
    return layer;
}

void expect_one(const RecordingBuilder& b, OpKind kind, const Bound& bound) {
    ASSERT_EQ(b.emitted.size(), 1U);
    EXPECT_EQ(b.emitted[0].operation.kind, kind) << kernels::describe(b.emitted[0].operation);
    EXPECT_EQ(b.emitted[0].bindings, bound) << kernels::describe(b.emitted[0].operation);
}

struct Case {
    std::string type;
    Attributes attributes;
    std::vector<Shape> inputs;
    bool training;
    OpKind kind;
    Bound bound;
};

const std::vector<Shape> photo = {{2, 3, 8, 8}}, logits = {{2, 10, 1, 1}};

TEST(Emission, Forward) {
    using enum OpKind;
    using O = Operand;
    const std::vector<Case> cases = {
        {"conv",
         conv_settings,
         photo,
         false,
         conv_forward,
         {{O::src, in}, {O::weights, weight}, {O::bias, bias}, {O::dst, out}}},
        {"fc",
         {{"outputs", Int{4}}, {"bias", false}},
         photo,
         true,
         fc_forward,
         {{O::src, in}, {O::weights, weight}, {O::dst, out}}},
        {"relu", {}, photo, true, relu_forward, {{O::src, in}, {O::dst, out}}},
        {"lrn", {}, photo, false, lrn_forward, {{O::src, in}, {O::dst, out}}},
        {"lrn", {}, photo, true, lrn_forward, {{O::src, in}, {O::dst, out}, {O::saved, saved}}},
        {"pool", max_settings, photo, false, pool_forward, {{O::src, in}, {O::dst, out}}},
        {"pool", max_settings, photo, true, pool_forward, {{O::src, in}, {O::dst, out}, {O::saved, saved}}},
        {"pool", average_settings, photo, true, pool_forward, {{O::src, in}, {O::dst, out}}},
        {"dropout", {}, photo, true, dropout_forward, {{O::src, in}, {O::counter, counter}, {O::dst, out}}},
        {"softmax", {}, logits, false, softmax_forward, {{O::src, in}, {O::dst, out}}},
        {"softmax", {}, logits, true, softmax_forward, {{O::src, in}, {O::dst, out}}},
        {"softmax_loss", {}, logits, false, softmax_forward, {{O::src, in}, {O::dst, out}}},
        {"softmax_loss",
         {},
         logits,
         true,
         loss_forward,
         {{O::src, in}, {O::labels, labels}, {O::dst, out}, {O::loss, loss}}},
    };
    for (const Case& c : cases) {
        SCOPED_TRACE(c.type + (c.training ? " in training" : " at inference"));
        RecordingBuilder b;
        b.is_training = c.training;
        prepared(c.type, c.attributes, c.inputs)->forward(b);
        expect_one(b, c.kind, c.bound);
        EXPECT_TRUE(b.passed.empty());
    }
}

// Layers without parameters: one operation if something upstream learns, none if not.
TEST(Emission, Backward) {
    using enum OpKind;
    using O = Operand;
    const std::vector<Case> cases = {
        {"relu",
         {},
         photo,
         true,
         relu_backward,
         {{O::dst, out}, {O::diff_dst, arriving}, {O::diff_src, leaving}}},
        {"lrn",
         {},
         photo,
         true,
         lrn_backward,
         {{O::src, in}, {O::dst, out}, {O::diff_dst, arriving}, {O::saved, saved}, {O::diff_src, leaving}}},
        {"pool",
         max_settings,
         photo,
         true,
         pool_backward,
         {{O::diff_dst, arriving}, {O::saved, saved}, {O::diff_src, leaving}}},
        {"pool",
         average_settings,
         photo,
         true,
         pool_backward,
         {{O::diff_dst, arriving}, {O::diff_src, leaving}}},
        {"dropout",
         {},
         photo,
         true,
         dropout_backward,
         {{O::diff_dst, arriving}, {O::counter, counter}, {O::diff_src, leaving}}},
        {"softmax",
         {},
         logits,
         true,
         softmax_backward,
         {{O::dst, out}, {O::diff_dst, arriving}, {O::diff_src, leaving}}},
        {"softmax_loss",
         {},
         logits,
         true,
         loss_backward,
         {{O::dst, out}, {O::labels, labels}, {O::diff_src, leaving}}},
    };
    for (const Case& c : cases) {
        SCOPED_TRACE(c.type);
        const auto layer = prepared(c.type, c.attributes, c.inputs);
        RecordingBuilder wanted;
        wanted.is_training = true;
        layer->backward(wanted);
        expect_one(wanted, c.kind, c.bound);

        RecordingBuilder unwanted;
        unwanted.is_training = true;
        unwanted.learning_inputs = {};
        layer->backward(unwanted);
        EXPECT_TRUE(unwanted.emitted.empty());
    }
}

TEST(Emission, NothingArrivesSoNothingLeaves) {
    const std::vector<std::pair<std::string, Attributes>> layers = {{"conv", conv_settings},
                                                                    {"fc", {{"outputs", Int{2}}}},
                                                                    {"relu", {}},
                                                                    {"lrn", {}},
                                                                    {"pool", max_settings},
                                                                    {"dropout", {}},
                                                                    {"concat", {}}};
    for (const auto& [type, attributes] : layers) {
        RecordingBuilder b;
        b.is_training = true;
        b.output_wanted = false;
        prepared(type, attributes)->backward(b);
        EXPECT_TRUE(b.emitted.empty()) << type;
        EXPECT_TRUE(b.asked_input_gradients.empty())
            << type << " asked for a gradient that it does not write";
    }
}

TEST(Emission, TheLossNeedsNoGradientFromAbove) {
    RecordingBuilder b;
    b.is_training = true;
    b.output_wanted = false;
    prepared("softmax_loss", {}, logits)->backward(b);
    ASSERT_EQ(b.emitted.size(), 1U);
    EXPECT_EQ(b.emitted[0].operation.kind, OpKind::loss_backward);
    EXPECT_EQ(b.emitted[0].operation.as<kernels::Loss>().scale, 1.0F);
}

struct Learning {
    std::set<int> parameters, inputs;
    bool weights_emitted, data_emitted;
};

TEST(Emission, GradientsOfWeightsAndDataWhereWanted) {
    using O = Operand;
    const std::vector<Learning> cases = {
        {{0, 1}, {0}, true, true}, {{0, 1}, {}, true, false}, {{}, {0}, false, true},
        {{}, {}, false, false},    {{0}, {}, true, false},    {{1}, {}, true, false},
    };
    for (const char* type : {"conv", "fc"})
        for (const Learning& c : cases) {
            RecordingBuilder b;
            b.is_training = true;
            b.learning_parameters = c.parameters;
            b.learning_inputs = c.inputs;
            const bool conv = std::string(type) == "conv";
            prepared(type, conv ? conv_settings : Attributes{{"outputs", Int{4}}})->backward(b);

            ASSERT_EQ(b.emitted.size(), std::size_t{c.weights_emitted} + std::size_t{c.data_emitted}) << type;
            if (c.weights_emitted) {
                Bound bound = {{O::src, in}, {O::diff_dst, arriving}};
                if (c.parameters.contains(0)) bound[O::diff_weights] = weight_gradient;
                if (c.parameters.contains(1)) bound[O::diff_bias] = bias_gradient;
                EXPECT_EQ(b.emitted.front().operation.kind,
                          conv ? OpKind::conv_backward_weights : OpKind::fc_backward_weights);
                EXPECT_EQ(b.emitted.front().bindings, bound) << type;
            }
            if (c.data_emitted) {
                EXPECT_EQ(b.emitted.back().operation.kind,
                          conv ? OpKind::conv_backward_data : OpKind::fc_backward_data);
                EXPECT_EQ(b.emitted.back().bindings,
                          (Bound{{O::diff_dst, arriving}, {O::weights, weight}, {O::diff_src, leaving}}))
                    << type;
            }
        }
}

TEST(Emission, DropoutIsNothingAtInference) {
    RecordingBuilder b;
    prepared("dropout")->forward(b);
    EXPECT_TRUE(b.emitted.empty());
    EXPECT_EQ(b.passed, (std::vector<std::pair<int, int>>{{in, out}}));
}

TEST(Emission, ConcatListsItsSources) {
    const auto concat = prepared("concat", {}, {{2, 3, 4, 4}, {2, 5, 4, 4}, {2, 1, 4, 4}});
    RecordingBuilder forward;
    concat->forward(forward);
    expect_one(forward, OpKind::concat_forward, {{Operand::dst, out}});
    EXPECT_EQ(forward.emitted[0].list, (std::vector<int>{in, in + 1, in + 2}));

    for (const std::set<int>& learning : {std::set{0, 1, 2}, std::set{0}, std::set{2}}) {
        RecordingBuilder backward;
        backward.is_training = true;
        backward.learning_inputs = learning;
        concat->backward(backward);
        expect_one(backward, OpKind::concat_backward, {{Operand::diff_dst, arriving}});
        std::vector<int> gradients;
        for (const int i : {0, 1, 2}) gradients.push_back(learning.contains(i) ? leaving + i : -1);
        EXPECT_EQ(backward.emitted[0].list, gradients);
    }

    RecordingBuilder frozen;
    frozen.is_training = true;
    frozen.learning_inputs = {};
    concat->backward(frozen);
    EXPECT_TRUE(frozen.emitted.empty());
}

TEST(Emission, DescriptorsCarryTheSettings) {
    RecordingBuilder b;
    b.is_training = true;
    prepared("conv", {{"outputs", Int{6}},
                      {"kernel_h", Int{3}},
                      {"kernel_w", Int{2}},
                      {"stride_h", Int{2}},
                      {"stride_w", Int{1}},
                      {"pad_h", Int{1}},
                      {"pad_w", Int{0}},
                      {"groups", Int{3}},
                      {"bias", false}})
        ->forward(b);
    kernels::Convolution conv{.src = {2, 3, 8, 8}, .dst = {2, 6, 4, 7}};
    conv.kernel_h = 3, conv.kernel_w = 2, conv.stride_h = 2, conv.stride_w = 1, conv.pad_h = 1,
    conv.pad_w = 0;
    conv.groups = 3, conv.bias = false;
    EXPECT_EQ(b.emitted.at(0).operation.as<kernels::Convolution>(), conv);

    prepared("lrn", {{"size", Int{3}}, {"alpha", 0.5}, {"beta", 0.25}, {"k", 2.0}})->forward(b);
    EXPECT_EQ(b.emitted.at(1).operation.as<kernels::Lrn>(),
              (kernels::Lrn{{2, 3, 8, 8}, 3, 0.5F, 0.25F, 2.0F, true}));

    prepared("lrn")->forward(b);  // Caffe's defaults
    EXPECT_EQ(b.emitted.at(2).operation.as<kernels::Lrn>(),
              (kernels::Lrn{{2, 3, 8, 8}, 5, 1.0F, 0.75F, 1.0F, true}));

    prepared("pool", {{"mode", "average"}, {"kernel", Int{3}}, {"stride", Int{2}}, {"pad", Int{1}}})
        ->forward(b);
    EXPECT_EQ(b.emitted.at(3).operation.as<kernels::Pool>(),
              (kernels::Pool{
                  {2, 3, 8, 8}, {2, 3, 5, 5}, kernels::Pool::Mode::average_padded, 3, 3, 2, 2, 1, 1, false}));

    prepared("dropout", {{"ratio", 0.25}})->forward(b);
    EXPECT_EQ(b.emitted.at(4).operation.as<kernels::Dropout>(), (kernels::Dropout{{2, 3, 8, 8}, 0.25F, 7}));
}

}  // namespace
}  // namespace emulsion::test
