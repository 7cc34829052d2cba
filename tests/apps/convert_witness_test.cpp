// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What `convert` writes, layer by layer, in other programs; and what other programs write, in Emulsion.
#include <emulsion/emulsion.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "tests/apps/child.h"
#include "tests/apps/fixtures.h"
#include "tests/apps/models.h"
#include "tests/witness/witness.h"

namespace emulsion::test {
namespace {

using emulsion::testing::witness;
using emulsion::testing::witness_absent;

void convert(const std::string& in, const std::string& out) {
    const Outcome outcome = run_emulsion({"convert", in, out});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
}

std::string plain(const ::testing::TestParamInfo<const char*>& info) {
    std::string name = info.param;
    std::erase(name, '-');
    return name;
}

class ConvertForOpenCv : public ::testing::TestWithParam<const char*> {};

TEST_P(ConvertForOpenCv, EveryLayerAgrees) {
    const TemporaryFolder folder;
    const auto model = random_model(compose(GetParam()));
    save(*model, folder.file("m.safetensors"));
    convert(folder.file("m.safetensors"), folder.file("m.caffemodel"));
    for (const int batch : {1, 8}) {
        const auto inputs = random_inputs(model->net(), batch);
        save_inputs(folder.file("inputs"), model->net(), batch, inputs);
        const auto [status, text] =
            witness("opencv_layers.py", {folder.file("m.prototxt"), folder.file("m.caffemodel"),
                                         folder.file("inputs"), folder.file("outputs")});
        if (status == witness_absent) GTEST_SKIP() << "SKIPPED: no OpenCV: " << text;
        ASSERT_EQ(status, 0) << text;
        expect_same_values(model, inputs, batch, values_in(folder.file("outputs")));
    }
}

INSTANTIATE_TEST_SUITE_P(Nets, ConvertForOpenCv,
                         ::testing::Values("alexnet", "caffenet", "photo", "squeezenet"), plain);

class ConvertForOnnxRuntime : public ::testing::TestWithParam<const char*> {};

TEST_P(ConvertForOnnxRuntime, EveryLayerAgrees) {
    const TemporaryFolder folder;
    const auto model = random_model(compose(GetParam()));
    save(*model, folder.file("m.safetensors"));
    convert(folder.file("m.safetensors"), folder.file("m.onnx"));
    for (const int batch : {1, 8}) {
        const auto inputs = random_inputs(model->net(), batch);
        save_inputs(folder.file("inputs"), model->net(), batch, inputs);
        const auto [status, text] = witness(
            "onnxruntime_layers.py", {folder.file("m.onnx"), folder.file("inputs"), folder.file("outputs")});
        if (status == witness_absent) GTEST_SKIP() << "SKIPPED: no ONNX Runtime: " << text;
        ASSERT_EQ(status, 0) << text;
        expect_same_values(model, inputs, batch, values_in(folder.file("outputs")));
    }
}

INSTANTIATE_TEST_SUITE_P(Nets, ConvertForOnnxRuntime,
                         ::testing::Values("alexnet", "caffenet", "photo", "squeezenet",
                                           "alexnet-torchvision"),
                         plain);

// The same net in each form in which PyTorch saves it.
TEST(ConvertFromPyTorch, EveryFormAgrees) {
    const TemporaryFolder folder;
    constexpr int batch = 8;
    const NetDef net = compose("alexnet-torchvision");
    const auto inputs = random_inputs(net, batch, 2);
    save_inputs(folder.file("inputs.safetensors"), net, batch, inputs);
    const auto [status, text] = witness("pytorch_alexnet.py", {folder.path(), "224"});
    if (status == witness_absent) GTEST_SKIP() << "SKIPPED: no PyTorch: " << text;
    ASSERT_EQ(status, 0) << text;
    const Values outputs = values_in(folder.file("outputs.safetensors"));
    for (const char* name : {"alexnet.pth", "stream.pth", "wrapped.pth", "checkpoint.pth",
                             "state.safetensors", "alexnet.onnx"}) {
        const Outcome outcome = run_emulsion({"convert", folder.file(name), folder.file("m.safetensors")});
        ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
        EXPECT_NE(outcome.out.find("torchvision's AlexNet"), std::string::npos) << outcome.out;
        const auto model = load(folder.file("m.safetensors"));
        EXPECT_EQ(model->net().preprocessing, net.preprocessing) << name;
        const std::string sums = model->net().layers.end()[-2].outputs[0];
        const auto found = values_of(model, inputs, batch);
        const double off = expect_close(found.at(sums), outputs.at("sums"), witness_tolerance, name);
        const auto all = std::span(outputs.at("probabilities"));
        const double fused = expect_close(outputs_of(model, inputs, batch), all, witness_tolerance, name);
        const double one = expect_close(outputs_of(model, std::span(inputs).first(inputs.size() / batch), 1),
                                        all.first(all.size() / batch), witness_tolerance, name);
        std::printf("%s: sums %.1e, probabilities %.1e, at batch 1 %.1e\n", name, off, fused, one);
    }
    for (const char* name : {"whole.pth", "script.pth"}) {
        const Outcome outcome = run_emulsion({"convert", folder.file(name), folder.file("none.safetensors")});
        EXPECT_EQ(outcome.exit_code, 4) << outcome.out;
        EXPECT_EQ(count_lines(outcome.err), 1) << outcome.err;
        std::printf("%s", outcome.err.c_str());
    }
}

// Where the adaptive pool averages: 2x2 windows at 415x415, which ONNX can say.
TEST(ConvertFromPyTorch, AnAdaptivePoolThatAverages) {
    const TemporaryFolder folder;
    NetDef input;
    input.height = input.width = 415;
    const auto inputs = random_inputs(input, 2, 2);
    save_inputs(folder.file("inputs.safetensors"), input, 2, inputs);
    const auto [status, text] = witness("pytorch_alexnet.py", {folder.path(), "415"});
    if (status == witness_absent) GTEST_SKIP() << "SKIPPED: no PyTorch: " << text;
    ASSERT_EQ(status, 0) << text;
    convert(folder.file("alexnet.onnx"), folder.file("m.safetensors"));
    const auto model = load(folder.file("m.safetensors"));
    EXPECT_EQ(model->net().height, 415);
    const Values outputs = values_in(folder.file("outputs.safetensors"));
    const double off =
        expect_close(outputs_of(model, inputs, 2), outputs.at("probabilities"), witness_tolerance, "415");
    std::printf("415x415: probabilities %.1e\n", off);
}

// Windows of 7 into 6 overlap unevenly: PyTorch itself cannot export that.
TEST(ConvertFromPyTorch, AnAdaptivePoolThatOnnxCannotSay) {
    const TemporaryFolder folder;
    NetDef input;
    input.height = input.width = 256;
    save_inputs(folder.file("inputs.safetensors"), input, 1, random_inputs(input, 1, 2));
    const auto [status, text] = witness("pytorch_alexnet.py", {folder.path(), "256"});
    if (status == witness_absent) GTEST_SKIP() << "SKIPPED: no PyTorch: " << text;
    constexpr int cannot_export = 78;
    if (status == cannot_export) {
        std::printf("PyTorch refuses to export it\n");
        return;
    }
    const Outcome outcome =
        run_emulsion({"convert", folder.file("alexnet.onnx"), folder.file("m.safetensors")});
    EXPECT_EQ(outcome.exit_code, 4);
    EXPECT_EQ(count_lines(outcome.err), 1) << outcome.err;
}

}  // namespace
}  // namespace emulsion::test
