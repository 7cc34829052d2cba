// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What cannot be read as it was meant gets one line: the file, the line, the layer and what is wrong.
#include <emulsion/emulsion.h>
#include <gtest/gtest.h>

#include "engine/formats/readers.h"
#include "tests/engine/formats/caffe_samples.h"
#include "tests/engine/support.h"

namespace emulsion::formats {
namespace {

using namespace emulsion::test;

struct Refusal {
    const char* name;
    std::string layers;   ///< from line 2 on
    std::string message;  ///< behind the file's name
    Phase phase = Phase::test;
};

void PrintTo(const Refusal& refusal, std::ostream* out) {
    *out << refusal.name;
}

std::string line(const std::string& type, const std::string& more) {
    return "layer { name: \"x\" bottom: \"data\" top: \"x\" type: \"" + type + "\"\n" + more + " }\n";
}

const std::string conv = "convolution_param { num_output: 2 kernel_size: 3 ";

// Each setting stands in line 3, each layer in line 2.
const Refusal refusals[] = {
    {"Type", line("BatchNorm", ""), ":2: layer x is of type BatchNorm, which Emulsion does not have"},
    {"FirstOfSeveralTypes", line("ReLU", "") + line("Scale", "") + line("Eltwise", ""),
     ":4: layer x is of type Scale, which Emulsion does not have"},
    {"OldType", "layers { name: \"x\" type: DECONVOLUTION }",
     ":2: layer x is of type DECONVOLUTION, which Emulsion does not have"},
    {"OldestSyntax", "layers { layer { name: \"c\" type: \"conv\" num_output: 3 } bottom: \"data\" }",
     ":2: layer c is in Caffe's oldest syntax (V0), which Emulsion does not read: convert the file with "
     "Caffe's upgrade_net_proto_text or _binary"},
    {"BothSyntaxes", "layers { name: \"x\" type: RELU }\nlayer { name: \"y\" type: \"ReLU\" }",
     ":3: it has both 'layer' and 'layers'; a net is written in one syntax"},
    {"UnknownField", line("ReLU", "quantum_param { spin: 1 }"),
     ": unknown field layer[0].quantum_param, line 3"},
    {"UnknownInnerField", line("Convolution", conv + "spin: 1 }"),
     ": unknown field layer[0].convolution_param.spin, line 3"},
    {"IncludeAndExclude", line("ReLU", "include { phase: TEST } exclude { phase: TRAIN }"),
     ":3: layer x has both include and exclude"},
    {"UnmadeValue", "layer { name: \"x\" type: \"ReLU\" bottom: \"y\" top: \"x\" }",
     ":2: layer x reads \"y\", which nothing before it makes"},
    {"NoName", "layer { type: \"ReLU\" bottom: \"data\" top: \"x\" }", ":2: layer  of type ReLU has no name"},
    {"TwoLayersOfAName", line("Convolution", conv + "}") + line("Convolution", conv + "}"),
     ":4: layer x has the name of another layer with weights"},
    {"SeveralTops", line("ReLU", "top: \"y\""), ":2: layer x makes 2 values; Emulsion's layers make one"},
    {"SecondInput", "layer { name: \"x\" type: \"Input\" top: \"x\" }",
     ":2: layer x is a second input; Emulsion's nets have one"},
    {"SharedWeights",
     line("Convolution", "param { name: \"w\" } " + conv + "}") +
         "layer { name: \"y\" bottom: \"x\" top: \"y\" type: \"Convolution\" param { name: \"w\" } " + conv +
         "} }",
     ":4: layer y shares its weights 'w' with another layer, which Emulsion does not do"},
    {"TooManyRates", line("Convolution", "param { } param { } " + conv + "bias_term: false }"),
     ":2: layer x states rates for 2 blobs and has 1"},
    {"NoOutputs", line("InnerProduct", "inner_product_param { }"), ":3: layer x has no num_output"},
    {"NoKernel", line("Convolution", "convolution_param { num_output: 2 }"),
     ":3: layer x has no kernel_size"},
    {"Dilation", line("Convolution", conv + "dilation: 2 }"),
     ":3: layer x has a dilation, which Emulsion does not have"},
    {"ConvolutionAxis", line("Convolution", conv + "axis: 2 }"),
     ":3: layer x works along axis 2; Emulsion's work along axis 1"},
    {"FcAxis", line("InnerProduct", "inner_product_param { num_output: 2 axis: 2 }"),
     ":3: layer x works along axis 2; Emulsion's work along axis 1"},
    {"SoftmaxAxis", line("Softmax", "softmax_param { axis: 0 }"),
     ":3: layer x works along axis 0; Emulsion's work along axis 1"},
    {"ConcatDimension", line("Concat", "concat_param { concat_dim: 0 }"),
     ":3: layer x joins other dimensions than channels"},
    {"Transposed", line("InnerProduct", "inner_product_param { num_output: 2 transpose: true }"),
     ":3: layer x keeps its weights transposed, which Emulsion does not do"},
    {"ThreeDimensions", line("Convolution", conv + "kernel_size: 3 kernel_size: 3 }"),
     ":3: layer x has a kernel_size of 3 dimensions; Emulsion's have 2"},
    {"OneSide", line("Pooling", "pooling_param { kernel_h: 3 }"),
     ":3: layer x needs both kernel_h and kernel_w"},
    {"BothAndOneSide", line("Convolution", conv + "kernel_h: 3 kernel_w: 3 }"),
     ":3: layer x has kernel_size and also one for each side"},
    {"StochasticPooling", line("Pooling", "pooling_param { pool: STOCHASTIC kernel_size: 2 }"),
     ":3: layer x pools by STOCHASTIC, which Emulsion does not have"},
    {"GlobalKernel", line("Pooling", "pooling_param { global_pooling: true kernel_size: 2 }"),
     ":3: layer x pools globally, which leaves no choice of a kernel"},
    {"WithinChannel", line("LRN", "lrn_param { norm_region: WITHIN_CHANNEL }"),
     ":3: layer x normalises WITHIN_CHANNEL, which Emulsion does not do"},
    {"NegativeSlope", line("ReLU", "relu_param { negative_slope: 0.1 }"),
     ":3: layer x has a negative slope, which Emulsion does not have"},
    {"Filler", line("Convolution", conv + "weight_filler { type: \"bilinear\" } }"),
     ":3: layer x is filled by 'bilinear', which Emulsion does not have"},
    {"SparseFiller", line("Convolution", conv + "weight_filler { type: \"gaussian\" sparse: 5 } }"),
     ":3: layer x is filled sparsely, which Emulsion does not do"},
    {"VarianceNorm", line("Convolution", conv + "bias_filler { type: \"msra\" variance_norm: AVERAGE } }"),
     ":3: layer x is filled with variance_norm AVERAGE; Emulsion's fillers go by FAN_IN"},
    {"FlatReader", line("Flatten", "") + "layer { name: \"y\" type: \"LRN\" bottom: \"x\" top: \"y\" }",
     ":4: layer y reads a flattened value, which Emulsion has only for fully connected layers"},
    {"FlattenedInPart", line("Flatten", "flatten_param { axis: 2 }"),
     ":3: layer x flattens some of the axes only"},
    {"PropagateDown", line("ReLU", "propagate_down: false"),
     ":3: layer x stops gradients, which Emulsion does not do: give the layers below rates of 0",
     Phase::train},
    {"LossWeight", line("ReLU", "loss_weight: 0.5"),
     ":3: layer x has a loss_weight; Emulsion's one loss has weight 1", Phase::train},
    {"NoLabels", line("SoftmaxWithLoss", ""), ":2: layer x needs a value and the labels of the photos"},
    {"Syntax", "layer { name: \"x\"", ":2: the file ends within the message that begins in line 2"},
    {"Control", "layer { name: \"x\\n\\001\" type: \"Evil\\n\" }",
     ":2: layer x\\n\\u0001 is of type Evil\\n, which Emulsion does not have"},
};

class CaffeRefusal : public ::testing::TestWithParam<Refusal> {};

TEST_P(CaffeRefusal, IsOneLine) {
    const TemporaryFolder folder;
    const std::string path = folder / "net.prototxt";
    put(path, deploy(GetParam().layers));
    EXPECT_EQ(error_of(Error::Kind::data, [&] { read_prototxt(path, GetParam().phase); }),
              path + GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(All, CaffeRefusal, ::testing::ValuesIn(refusals),
                         [](const auto& param_info) { return std::string(param_info.param.name); });

/// What a file without the stated input is refused with.
std::string refusal_of(const std::string& text, Phase phase = Phase::test) {
    const TemporaryFolder folder;
    const std::string path = folder / "net.prototxt";
    put(path, text);
    const std::string message = error_of(Error::Kind::data, [&] { read_prototxt(path, phase); });
    EXPECT_EQ(message.substr(0, path.size()), path);
    return message.substr(path.size());
}

std::string photos(const std::string& settings, const std::string& transform = "") {
    return "layer { name: \"data\" type: \"ImageData\" top: \"data\" top: \"label\"\n"
           "image_data_param { source: \"list.txt\" " +
           settings + " }\ntransform_param { " + transform +
           " } }\nlayer { name: \"x\" type: \"ReLU\" bottom: \"data\" top: \"x\" }\n";
}

TEST(CaffeRefusal, InputsThatCannotBe) {
    EXPECT_EQ(
        refusal_of("layer { name: \"x\" type: \"Silence\" }"),
        ": the net has no input: it needs an Input layer, 'input' with its shape, or a layer that reads "
        "photos");
    EXPECT_EQ(refusal_of(deploy("")), ": the net has no layers");
    EXPECT_EQ(refusal_of("input: \"a\"\ninput: \"b\""), ":2: it has 2 inputs; Emulsion's nets have one");
    const std::string shape = ": its input needs a shape of 4 dimensions: batch, channels, height, width";
    EXPECT_EQ(refusal_of("input: \"a\" input_dim: 1 input_dim: 3"), ":1" + shape);
    EXPECT_EQ(refusal_of("input: \"a\" input_shape { dim: 1 dim: 3 dim: 0 dim: 4 }"), ":1" + shape);
    EXPECT_EQ(refusal_of("input: \"a\" input_shape { dim: 1 dim: 3 dim: 4 dim: 99999999999 }"), ":1" + shape);
    EXPECT_EQ(refusal_of("layer { name: \"x\" type: \"Input\" top: \"x\" }"),
              ":1: layer x has 0 shapes and needs one");
}

TEST(CaffeRefusal, ASolverIsNoNet) {
    EXPECT_EQ(refusal_of("net: \"net.prototxt\"\nbase_lr: 0.01"),
              ": it is a solver's file: give it to train --solver, or name its net");
    EXPECT_EQ(refusal_of("nett: \"net.prototxt\""), ": unknown field nett, line 1");
}

TEST(CaffeRefusal, PhotosThatCannotBe) {
    EXPECT_EQ(refusal_of(photos("")),
              ":1: layer data does not say how large photos are: set crop_size, or "
              "new_height and new_width");
    EXPECT_EQ(refusal_of(photos("new_height: 9")),
              ":1: layer data needs both new_height and new_width, or neither");
    EXPECT_EQ(refusal_of(photos("new_height: 9 new_width: 9", "crop_size: 10")),
              ":1: layer data cuts 10x10 out of photos of 9x9");
    EXPECT_EQ(refusal_of(photos("new_height: 4000000000 new_width: 9")),
              ":2: layer data has an absurd new_height");
    EXPECT_EQ(refusal_of(photos("new_height: 9 new_width: 9", "mean_value: 1 mean_value: 2")),
              ":3: layer data has 2 mean values for 3 channels");
    EXPECT_EQ(refusal_of(photos("new_height: 9 new_width: 9", "mean_value: 1 mean_file: \"m\"")),
              ":3: layer data has both mean_value and mean_file");
    EXPECT_EQ(refusal_of(photos("new_height: 9 new_width: 9 is_color: false")),
              ":2: layer data reads photos in grey; Emulsion's are in colour");
    EXPECT_EQ(refusal_of(photos("new_height: 9 new_width: 9", "force_gray: true")),
              ":1: layer data makes photos grey; Emulsion's are in colour");
    EXPECT_EQ(refusal_of(photos("batch_size: 0 crop_size: 5")), ":2: layer data has a batch_size of 0");
    const std::string reader = "layer { name: \"y\" type: \"ReLU\" bottom: \"label\" top: \"y\" }";
    EXPECT_EQ(refusal_of(photos("crop_size: 5") + reader),
              ":5: layer y reads the labels \"label\" as if they were photos");
}

TEST(CaffeRefusal, LossesThatCannotBe) {
    const auto loss = [](const std::string& name, const std::string& more) {
        return "layer { name: \"" + name +
               "\" type: \"SoftmaxWithLoss\" bottom: \"x\" bottom: \"label\" top: \"" + name + "\" " + more +
               " }\n";
    };
    const std::string net = photos("crop_size: 5");
    EXPECT_EQ(refusal_of(net + loss("l", "") + loss("m", ""), Phase::train),
              ":6: layer m is a second loss; Emulsion trains by one");
    EXPECT_EQ(refusal_of(net + loss("l", "loss_weight: 2"), Phase::train),
              ":5: layer l has a loss_weight; Emulsion's one loss has weight 1");
    EXPECT_EQ(refusal_of(net + loss("l", "loss_param { ignore_label: 3 }")),
              ":5: layer l ignores a label, which Emulsion does not do");
    EXPECT_EQ(refusal_of(net + loss("l", "loss_param { normalization: NONE }")),
              ":5: layer l sums its loss over the batch instead of averaging");
    EXPECT_EQ(
        refusal_of(net + loss("l", "") + "layer { name: \"y\" type: \"ReLU\" bottom: \"l\" top: \"y\" }"),
        ":6: layer y reads \"l\", which is a loss");
}

// A file may end anywhere and hold anything: it is read, or refused in one line.
TEST(CaffeRefusal, DamagedTextIsReadOrRefused) {
    const TemporaryFolder folder;
    const std::string path = folder / "net.prototxt", text = old_alexnet();
    std::mt19937_64 random(5);
    int refused = 0;
    for (int i = 0; i < 300; ++i) {
        put(path, i % 2 == 0 ? text.substr(0, 1 + random() % text.size()) : with_flipped_bits(text, random));
        refused += accepts([&] { read_prototxt(path); }) ? 0 : 1;
    }
    EXPECT_GT(refused, 150);
}

}  // namespace
}  // namespace emulsion::formats
