// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Other people's Caffe definitions through the command: every way to write a head, both syntaxes, deploy and
// train_val; what runs is held against OpenCV, which reads the very same file.
#include <emulsion/emulsion.h>
#include <emulsion/import.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/apps/caffe_nets.h"
#include "tests/apps/child.h"
#include "tests/apps/fixtures.h"
#include "tests/apps/models.h"
#include "tests/witness/witness.h"

namespace emulsion::test {
namespace {

using emulsion::testing::witness;
using emulsion::testing::witness_absent;
using nlohmann::json;

class ForeignNets : public ::testing::Test {
   protected:
    std::string file(const std::string& name) const { return folder_.file(name); }

    json inspect(const std::string& definition) const {
        write_text(file("net.prototxt"), definition);
        const Outcome outcome = run_emulsion({"inspect", file("net.prototxt"), "--json"});
        EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
        return outcome.exit_code == 0 ? json::parse(outcome.out) : json();
    }

    std::string refusal(const std::string& definition) const {
        write_text(file("net.prototxt"), definition);
        const Outcome outcome = run_emulsion({"inspect", file("net.prototxt")});
        EXPECT_EQ(outcome.exit_code, 4) << outcome.out;
        EXPECT_EQ(count_lines(outcome.err), 1) << outcome.err;
        const std::string start = "emulsion: " + file("net.prototxt") + ":";
        EXPECT_TRUE(outcome.err.starts_with(start)) << outcome.err;
        return outcome.err.substr(std::min(start.size(), outcome.err.size()));
    }

    // The file as it is, with weights that `convert` writes, in OpenCV.
    void expect_as_in_opencv(const std::string& definition) const {
        write_text(file("net.prototxt"), definition);
        const auto model = random_model(import_net(file("net.prototxt")));
        save(*model, file("m.safetensors"));
        const Outcome outcome = run_emulsion({"convert", file("m.safetensors"), file("m.caffemodel")});
        ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
        for (const int batch : {1, 3}) {
            const auto inputs = random_inputs(model->net(), batch);
            save_inputs(file("inputs"), model->net(), batch, inputs);
            const auto [status, text] =
                witness("opencv_layers.py",
                        {file("net.prototxt"), file("m.caffemodel"), file("inputs"), file("outputs")});
            if (status == witness_absent) GTEST_SKIP() << "SKIPPED: no OpenCV: " << text;
            ASSERT_EQ(status, 0) << text;
            expect_same_values(model, inputs, batch, values_in(file("outputs")));
        }
    }

    const TemporaryFolder folder_;
};

TEST_F(ForeignNets, VggIsAsPublishedHoweverItIsWritten) {
    json first;
    for (const Syntax syntax : {Syntax::now, Syntax::old}) {
        for (const Head head :
             {Head::input_dim, Head::input_shape, Head::input_layer, Head::memory_data, Head::train_val}) {
            if (syntax == Syntax::old && head == Head::input_layer) continue;  // not of its time
            const json found = inspect(vgg16(head, syntax));
            EXPECT_EQ(found["parameters"], 138'357'544);
            // 15.47 thousand million multiply-adds, and the biases.
            EXPECT_NEAR(found["flop_per_photo"].get<double>() * 1e-9, 2 * 15.47, 0.05);
            if (first.is_null()) first = found["layers"];
            EXPECT_EQ(found["layers"], first) << static_cast<int>(head);
            // Only the training file says how photos are prepared.
            const bool says = head == Head::train_val;
            EXPECT_EQ(found["notes"].size(), says ? 0U : 1U) << found["notes"];
            if (!says) {
                EXPECT_NE(found["notes"][0].get<std::string>().find(
                              "squash to 256x256 (bilinear), crop 224x224, BGR"),
                          std::string::npos)
                    << found["notes"];
            }
        }
    }
}

TEST_F(ForeignNets, GoogLeNetIsAsPublishedAndItsOtherLossesAreLeft) {
    const json deploy = inspect(googlenet(Head::input_dim));
    EXPECT_EQ(deploy["parameters"], 6'998'552);
    EXPECT_NEAR(deploy["flop_per_photo"].get<double>() * 1e-9, 2 * 1.58, 0.05);
    const json train_val = inspect(googlenet(Head::train_val));
    EXPECT_EQ(train_val["layers"], deploy["layers"]);
    const std::string ignored = train_val["ignored"].dump();
    for (const char* layer : {"loss1/classifier", "loss2/conv", "loss3/loss3/top-5"})
        EXPECT_NE(ignored.find(layer), std::string::npos) << layer << " is not in " << ignored;
}

TEST_F(ForeignNets, GoogLeNetComputesWhatOpenCvDoes) {
    expect_as_in_opencv(googlenet(Head::input_dim));
}

TEST_F(ForeignNets, VggComputesWhatOpenCvDoes) {
    expect_as_in_opencv(vgg16(Head::input_shape, Syntax::now, 8));
    expect_as_in_opencv(vgg16(Head::input_dim, Syntax::old, 8));
}

TEST_F(ForeignNets, AnyOfThemCanBeFilledAndRun) {
    write_text(file("net.prototxt"), vgg16(Head::train_val, Syntax::old, 16));
    write_grey(file("photo.png"), 90);
    const Outcome filled =
        run_emulsion({"init", "--net", file("net.prototxt"), "--out", file("m.safetensors")});
    ASSERT_EQ(filled.exit_code, 0) << filled.err;
    for (const std::vector<std::string>& model :
         {std::vector<std::string>{"--model", file("m.safetensors")},
          {"--model", file("m.caffemodel")},
          {"--model", file("net.prototxt"), "--weights", file("m.caffemodel")}}) {
        if (model[1] == file("m.caffemodel")) {
            ASSERT_EQ(run_emulsion({"convert", file("m.safetensors"), file("m.caffemodel")}).exit_code, 0);
        }
        std::vector<std::string> arguments = {"classify", file("photo.png"), "--json"};
        arguments.insert(arguments.end(), model.begin(), model.end());
        const Outcome outcome = run_emulsion(arguments);
        EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
        EXPECT_EQ(json::parse(outcome.out)["photos"][0]["top"].size(), 5U);
    }
}

TEST_F(ForeignNets, ResNetIsRefusedByItsFirstStrangeLayer) {
    EXPECT_EQ(refusal(resnet_beginning()),
              std::to_string(resnet_first_unsupported_line) +
                  ": layer bn_conv1 is of type BatchNorm, which Emulsion does not have\n");
}

const char* const end_of_net =
    "layer { name: \"fc\" type: \"InnerProduct\" bottom: \"conv\" top: \"fc\" inner_product_param { "
    "num_output: 4 } }\nlayer { name: \"prob\" type: \"Softmax\" bottom: \"fc\" top: \"prob\" }\n";

// A convolution on the line after a head of one line, and an end.
std::string after(const std::string& head) {
    return head +
           "\nlayer { name: \"conv\" type: \"Convolution\" bottom: \"data\" top: \"conv\" convolution_param "
           "{ "
           "num_output: 2 kernel_size: 3 } }\n" +
           end_of_net;
}

TEST_F(ForeignNets, HeadsThatCannotBe) {
    EXPECT_NE(refusal(after("input: \"a\" input: \"b\" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8"))
                  .find("2 inputs; Emulsion's nets have one"),
              std::string::npos);
    EXPECT_NE(refusal(after("layer { name: \"data\" type: \"HDF5Data\" top: \"data\" top: \"label\" "
                            "hdf5_data_param { source: \"train.txt\" batch_size: 8 } }"))
                  .find("1: layer data takes the shape of its data from HDF5 files"),
              std::string::npos);
    EXPECT_NE(refusal(after("name: \"nothing\"")).find("2: layer conv reads \"data\", which nothing before"),
              std::string::npos);
    EXPECT_NE(refusal(after("layer { name: \"data\" type: \"MemoryData\" top: \"data\" "
                            "memory_data_param { batch_size: 1 channels: 3 } }"))
                  .find("1: layer data needs a shape of 4 dimensions"),
              std::string::npos);
}

TEST_F(ForeignNets, FieldsThatNobodyKnowsAreRefusedAndThoseWithoutEffectListed) {
    const std::string head = "input: \"data\" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8";
    const std::string net = after(head);
    std::string changed = net;
    changed.replace(changed.find("kernel_size"), 0, "sharpness: 3 ");
    EXPECT_NE(refusal(changed).find("sharpness"), std::string::npos);
    changed = net;
    changed.replace(changed.find("kernel_size"), 0, "engine: CAFFE ");
    EXPECT_EQ(inspect(changed)["ignored"], json({"layer conv: convolution_param.engine, line 2"}));
    EXPECT_EQ(
        inspect(after("layer { name: \"data\" type: \"Input\" top: \"data\" input_param { shape { dim: 1 "
                      "dim: 3 dim: 8 dim: 8 } } }"))["layers"],
        inspect(net)["layers"]);
}

// The mean image of a training file is rarely at hand; what else the file says is kept.
TEST_F(ForeignNets, AMeanImageThatStayedBehindIsReplacedAloud) {
    const auto head = [](const std::string& mean) {
        return "layer { name: \"data\" type: \"Data\" top: \"data\" top: \"label\" transform_param { "
               "crop_size: "
               "20 scale: 0.5 " +
               mean + " } data_param { source: \"lmdb\" batch_size: 8 } }";
    };
    const json found = inspect(after(head("mean_file: \"means/mean.binaryproto\"")));
    ASSERT_EQ(found["notes"].size(), 1U) << found["notes"];
    const std::string note = found["notes"][0];
    EXPECT_EQ(note.find("the mean image means/mean.binaryproto is not there (--mean names one); photos are "
                        "prepared with the means of Caffe's ImageNet nets"),
              0U)
        << note;
    EXPECT_NE(note.find("squash to 256x256 (bilinear), crop 20x20, BGR, mean 104 117 123, scale 0.5 0.5 0.5"),
              std::string::npos)
        << note;
    EXPECT_EQ(inspect(after(head("mean_value: 99")))["notes"].size(), 0U);
}

// One value for two readers, both ways to say it, and what a phase leaves out.
TEST_F(ForeignNets, SplitsAndPhases) {
    const std::string head = "input: \"data\" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8";
    const auto conv = [](const char* name, const char* bottom) {
        return std::string("\nlayer { name: \"") + name + "\" type: \"Convolution\" bottom: \"" + bottom +
               "\" top: \"" + name + "\" convolution_param { num_output: 2 kernel_size: 3 } }";
    };
    const std::string end =
        std::string(
            "\nlayer { name: \"both\" type: \"Concat\" bottom: \"left\" bottom: \"right\" "
            "top: \"conv\" }\n") +
        end_of_net;
    const json plain = inspect(head + conv("left", "data") + conv("right", "data") + end);
    const json split = inspect(
        head +
        "\nlayer { name: \"split\" type: \"Split\" bottom: \"data\" top: \"data_0\" top: \"data_1\" }" +
        conv("left", "data_0") + conv("right", "data_1") + end);
    EXPECT_EQ(split["layers"], plain["layers"]);
    std::string training = conv("extra", "data");
    training.insert(training.size() - 1, "include { phase: TRAIN } ");
    EXPECT_EQ(inspect(head + training + conv("left", "data") + conv("right", "data") + end)["layers"],
              plain["layers"]);
}

// Whatever an import reads, `inspect` shows.
TEST_F(ForeignNets, InspectReadsEveryFormat) {
    const auto model = random_model(small_net());
    save(*model, file("m.safetensors"));
    for (const char* name : {"m.caffemodel", "m.onnx", "m.pth"}) export_model(*model, file(name));
    const json native = json::parse(run_emulsion({"inspect", file("m.safetensors"), "--json"}).out);
    for (const std::string name : {"m.prototxt", "m.caffemodel", "m.onnx", "m.pth"}) {
        std::vector<std::string> arguments = {"inspect", file(name), "--json"};
        if (name == "m.pth") arguments.insert(arguments.end(), {"--net", file("m.prototxt")});
        const Outcome outcome = run_emulsion(arguments);
        ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
        const json found = json::parse(outcome.out);
        EXPECT_EQ(found["layers"], native["layers"]) << name;
        EXPECT_EQ(found["parameters"], native["parameters"]) << name;
        EXPECT_EQ(found["provenance"].contains("imported_from"), name != "m.prototxt");
    }
}

}  // namespace
}  // namespace emulsion::test
