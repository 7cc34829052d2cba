// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Caffe's definitions of nets, old and new, against Emulsion's own definitions of the same nets.
#include <emulsion/emulsion.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "engine/formats/readers.h"
#include "tests/engine/formats/caffe_samples.h"
#include "tests/engine/support.h"
#include "tests/shared_data.h"

namespace emulsion::formats {
namespace {

using namespace emulsion::test;

Imported read(const std::string& text, Phase phase = Phase::test) {
    const TemporaryFolder folder;
    put(folder / "net.prototxt", text);
    return read_prototxt(folder / "net.prototxt", phase);
}

/// "conv1(data) conv1/relu1(conv1) ...": the values that layers make, and what they make them of.
std::string wiring(const NetDef& net) {
    std::string text;
    for (const LayerDef& layer : net.layers) {
        text += (text.empty() ? "" : " ") + layer.outputs.at(0) + '(';
        for (std::size_t i = 0; i < layer.inputs.size(); ++i) text += (i > 0 ? "," : "") + layer.inputs[i];
        text += ')';
    }
    return text;
}

std::string layer(const std::string& name, const std::string& type, const std::string& bottom,
                  const std::string& top, const std::string& more = "") {
    return "layer { name: \"" + name + "\" type: \"" + type + "\" bottom: \"" + bottom + "\" top: \"" + top +
           "\" " + more + " }\n";
}

const std::string conv =
    layer("conv", "Convolution", "data", "conv", "convolution_param { num_output: 4 kernel_size: 3 }");

void expect_equal_layers(const NetDef& found, const NetDef& expected) {
    ASSERT_EQ(found.layers.size(), expected.layers.size());
    for (std::size_t i = 0; i < found.layers.size(); ++i)
        EXPECT_TRUE(found.layers[i] == expected.layers[i])
            << found.layers[i].name << " and " << expected.layers[i].name << "\n"
            << to_json(found) << "\n"
            << to_json(expected);
}

TEST(CaffeNet, RealSqueezeNetIsTheOneThatEmulsionKnows) {
    const std::string path = test::shared_data() + "/squeezenet/squeezenet_deploy.prototxt";
    if (!std::filesystem::exists(path)) GTEST_SKIP() << "SKIPPED: no " << path << "; set EMULSION_DATA";
    const Imported imported = read_prototxt(path);
    NetDef expected = compose("squeezenet");
    ASSERT_EQ(expected.layers.back().type, "softmax");
    expected.layers.pop_back();
    expect_equal_layers(with_values_by_layer(*imported.net), expected);
    EXPECT_EQ(imported.net->name, "FireNet");
    EXPECT_EQ(imported.net->height, 227);
    EXPECT_FALSE(imported.preprocessing_known);
    EXPECT_TRUE(imported.ignored.empty());
}

TEST(CaffeNet, OldSyntaxAlexNetIsTheOneThatEmulsionKnows) {
    for (const Phase phase : {Phase::train, Phase::test}) {
        const Imported imported = read(old_alexnet(), phase);
        EXPECT_TRUE(imported.preprocessing_known);
        EXPECT_EQ(with_values_by_layer(*imported.net), compose("alexnet")) << to_json(*imported.net);
        // The accuracy is measured in one phase only.
        const std::vector<std::string> accuracy = {"layer accuracy (Accuracy), line 67"};
        EXPECT_EQ(imported.ignored, phase == Phase::test ? accuracy : std::vector<std::string>{});
    }
}

TEST(CaffeNet, ThePapersNetIsTheOneThatEmulsionKnows) {
    const Imported imported = read(paper_net(), Phase::train);
    NetDef expected = compose("photo");
    expect_equal_layers(with_values_by_layer(*imported.net), expected);
    // What Caffe has no words for.
    expected.classes.clear();
    expected.preprocessing.portrait = Preprocessing::Portrait::keep;
    EXPECT_EQ(with_values_by_layer(*imported.net), expected);
}

TEST(CaffeNet, ValuesMadeInPlaceGetNamesOfTheirOwn) {
    const Imported imported =
        read(deploy(conv + layer("relu", "ReLU", "conv", "conv") + layer("drop", "Dropout", "conv", "conv") +
                    layer("pool", "Pooling", "conv", "pool", "pooling_param { kernel_size: 2 }") +
                    layer("again", "ReLU", "pool", "conv") + layer("last", "ReLU", "conv", "conv/relu")));
    EXPECT_EQ(wiring(*imported.net),
              "conv(data) conv/relu(conv) conv/drop(conv/relu) pool(conv/drop) conv/again(pool) "
              "conv/relu/last(conv/again)");
}

TEST(CaffeNet, NamesNeverCollide) {
    std::string layers = conv;
    for (int i = 0; i < 4; ++i) layers += layer("relu", "ReLU", "conv", "conv");
    EXPECT_EQ(wiring(*read(deploy(layers)).net),
              "conv(data) conv/relu(conv) conv/relu#2(conv/relu) conv/relu#3(conv/relu#2) "
              "conv/relu#4(conv/relu#3)");
}

// A broken file may be large and alike throughout: it takes time in proportion to its size.
TEST(CaffeNet, ManyLayersAndManyIgnoredFieldsAreNoTrouble) {
    std::string layers = conv;
    for (int i = 0; i < 30'000; ++i) layers += layer("r", "ReLU", "conv", "conv", "lrn_param { }");
    const Imported imported = read(deploy(layers));
    EXPECT_EQ(imported.net->layers.size(), 30'001U);
    EXPECT_EQ(imported.ignored.size(), 1001U);
    EXPECT_EQ(imported.ignored.back(), "and more");
}

TEST(CaffeNet, TheInputIsCalledDataWhateverTheFileCallsIt) {
    const std::string shape = "input_param { shape { dim: 1 dim: 3 dim: 8 dim: 6 } }";
    const Imported imported =
        read("layer { name: \"photo\" type: \"Input\" top: \"photo\" " + shape + " }\n" +
             layer("scaled", "ReLU", "photo", "photo") + layer("data", "ReLU", "photo", "data"));
    EXPECT_EQ(wiring(*imported.net), "photo(data) data/data(photo)");
    EXPECT_EQ(imported.net->width, 6);
    const Imported stated =
        read("input: \"x\" input_shape { dim: 10 dim: 3 dim: 5 dim: 7 }\n" + layer("relu", "ReLU", "x", "x"));
    EXPECT_EQ(wiring(*stated.net), "x(data)");
    EXPECT_EQ(stated.net->height, 5);
    EXPECT_EQ(stated.net->preprocessing.crop_width, 7);
}

TEST(CaffeNet, RulesDecideWhichLayersAreThere) {
    const std::string rules[] = {"include { phase: TRAIN }",
                                 "include { phase: TEST }",
                                 "exclude { phase: TRAIN }",
                                 "include { phase: TRAIN } include { phase: TEST }",
                                 "include { stage: \"deploy\" }",
                                 "exclude { stage: \"deploy\" }",
                                 "include { not_stage: \"deploy\" phase: TEST }",
                                 "include { min_level: 1 }",
                                 "include { max_level: 0 }",
                                 "exclude { min_level: -1 max_level: 3 }"};
    std::string text = conv;
    for (std::size_t i = 0; i < std::size(rules); ++i) {
        const std::string name = std::to_string(i);
        text += layer(name, "ReLU", "conv", name, rules[i]);
    }
    const auto present = [&](const std::string& state, Phase phase) {
        std::string names;
        const Imported imported = read(deploy(state + text), phase);
        for (std::size_t i = 1; i < imported.net->layers.size(); ++i) names += imported.net->layers[i].name;
        return names;
    };
    EXPECT_EQ(present("", Phase::train), "0358");
    EXPECT_EQ(present("", Phase::test), "123568");
    EXPECT_EQ(present("state { stage: \"deploy\" level: 5 }\n", Phase::test), "123479");
}

TEST(CaffeNet, SplitsAndFlatteningOnlyRename) {
    const Imported imported = read(
        deploy(conv + "layer { name: \"split\" type: \"Split\" bottom: \"conv\" top: \"a\" top: \"b\" }\n" +
               layer("flat", "Flatten", "a", "flat") +
               layer("fc", "InnerProduct", "flat", "fc", "inner_product_param { num_output: 2 }") +
               layer("norm", "LRN", "b", "norm")));
    EXPECT_EQ(wiring(*imported.net), "conv(data) fc(conv) norm(conv)");
    ASSERT_FALSE(parameters_of(*imported.net).empty());
}

TEST(CaffeNet, LossesBecomeTheSoftmaxAndTheirNeedsAlone) {
    const std::string photos =
        "layer { name: \"data\" type: \"Data\" top: \"data\" top: \"label\" data_param { source: \"lmdb\" "
        "batch_size: 4 backend: LMDB } transform_param { crop_size: 8 } }\n";
    const std::string first =
        "layer { name: \"loss1\" type: \"SoftmaxWithLoss\" bottom: \"aux\" "
        "bottom: \"label\" top: \"loss1\" loss_weight: 0.3 }\n";
    const std::string last =
        "layer { name: \"loss2\" type: \"SoftmaxWithLoss\" bottom: \"conv\" "
        "bottom: \"label\" top: \"loss2\" }\n";
    const std::string silence = "layer { name: \"hush\" type: \"Silence\" bottom: \"label\" }\n";
    const Imported one = read(photos + conv + silence + last, Phase::train);
    EXPECT_EQ(wiring(*one.net), "conv(data) prob(conv)");
    EXPECT_EQ(one.net->layers.back().type, "softmax");
    EXPECT_EQ(one.net->preprocessing.height, 256);
    const std::vector<std::string> ignored = {
        "layer data does not resize photos; they are taken to be 256x256, line 1",
        "layer data: data_param.backend, line 1", "layer hush (Silence), line 3"};
    EXPECT_EQ(one.ignored, ignored);

    const Imported two = read(photos + conv + layer("aux", "ReLU", "conv", "aux") + first + last);
    EXPECT_EQ(two.net->layers.back().inputs, std::vector<std::string>{"conv"});
    EXPECT_EQ(two.net->layers.size(), 2U);
    EXPECT_EQ(two.net->layers.back().name, "prob");
    const auto& passed_over = two.ignored;
    ASSERT_GE(passed_over.size(), 2U);
    EXPECT_EQ(passed_over[passed_over.size() - 2], "layer loss1, which the last loss does not need, line 4");
    EXPECT_EQ(passed_over.back(), "layer aux, which the last loss does not need, line 3");
}

TEST(CaffeNet, SettingsAreReadInAllTheirForms) {
    const auto attributes = [](const std::string& type, const std::string& settings) {
        return read(deploy(layer("x", type, "data", "x", settings))).net->layers.at(0).attributes;
    };
    using A = Attributes;
    const auto n = [](std::int64_t value) { return A::Value(value); };
    EXPECT_EQ(attributes("Convolution",
                         "convolution_param { num_output: 2 kernel_h: 3 kernel_w: 1 pad_h: 1 "
                         "stride: 2 stride: 3 bias_term: false dilation: 1 engine: CAFFE }"),
              (A{{"outputs", n(2)},
                 {"kernel_h", n(3)},
                 {"kernel_w", n(1)},
                 {"pad_h", n(1)},
                 {"pad_w", n(0)},
                 {"stride_h", n(2)},
                 {"stride_w", n(3)},
                 {"bias", false}}));
    EXPECT_EQ(attributes("Pooling",
                         "pooling_param { pool: AVE kernel_size: 3 stride_h: 2 stride_w: 2 pad: 1 "
                         "round_mode: FLOOR }"),
              (A{{"mode", "average"}, {"kernel", n(3)}, {"stride", n(2)}, {"pad", n(1)}, {"round", "down"}}));
    EXPECT_EQ(attributes("Pooling", "pooling_param { pool: AVE global_pooling: true }"),
              (A{{"mode", "average"}, {"global", true}}));
    EXPECT_EQ(attributes("LRN", "lrn_param { local_size: 3 alpha: 0.5 k: 2 }"),
              (A{{"size", n(3)}, {"alpha", 0.5}, {"beta", 0.75}, {"k", 2.0}}));
    EXPECT_EQ(attributes("Dropout", ""), (A{{"ratio", 0.5}}));
    EXPECT_EQ(attributes("Softmax", "softmax_param { axis: 1 }"), A{});
}

TEST(CaffeNet, FillersAndRatesAreRead) {
    const auto params = [](const std::string& fillers) {
        return read(deploy(
                        layer("x", "InnerProduct", "data", "x",
                              "param { lr_mult: 0 } inner_product_param { num_output: 2 " + fillers + " }")))
            .net->layers.at(0)
            .params;
    };
    const std::vector<ParamDef> found = params(
        "weight_filler { type: \"uniform\" min: -1 max: 2 } bias_filler { type: \"gaussian\" mean: 3 std: 4 "
        "}");
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0], (ParamDef{"weight", 0, 1, {.kind = Filler::Kind::uniform, .low = -1, .high = 2}}));
    EXPECT_EQ(found[1],
              (ParamDef{"bias", 1, 1, {.kind = Filler::Kind::gaussian, .mean = 3, .deviation = 4}}));
    EXPECT_EQ(params("weight_filler { type: \"msra\" }")[0].filler.kind, Filler::Kind::msra);
    EXPECT_EQ(params("weight_filler { type: \"xavier\" variance_norm: FAN_IN }")[0].filler.kind,
              Filler::Kind::xavier);
    EXPECT_EQ(params("")[1].filler, Filler{});
}

TEST(CaffeNet, WhatIsPassedOverIsListed) {
    const Imported imported = read(deploy("force_backward: true\n" + conv +
                                          layer("relu", "ReLU", "conv", "conv",
                                                "relu_param { engine: CUDNN } loss_weight: 0.5 "
                                                "lrn_param { k: 2 }")));
    const std::vector<std::string> expected = {"layer relu: loss_weight, line 4",
                                               "layer relu: relu_param.engine, line 4",
                                               "layer relu: lrn_param, line 4", "force_backward, line 2"};
    EXPECT_EQ(imported.ignored, expected);
}

}  // namespace
}  // namespace emulsion::formats
