// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// ONNX files against independent witnesses: ONNX Runtime runs what Emulsion writes, and Emulsion runs
// what the onnx package and PyTorch write.
#include <emulsion/emulsion.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <sstream>

#include "engine/formats/readers.h"
#include "tests/engine/nets.h"
#include "tests/witness/witness.h"

namespace emulsion::formats {
namespace {

using emulsion::testing::branched;
using emulsion::testing::seeded;
using emulsion::testing::TemporaryFolder;
using emulsion::testing::witness;
using emulsion::testing::witness_absent;

std::vector<float> random_inputs(const NetDef& net, int batch, float largest) {
    std::mt19937_64 random(3);
    std::uniform_real_distribution<float> uniform(-largest, largest);
    std::vector<float> inputs(static_cast<std::size_t>(batch * net.channels * net.height * net.width));
    for (float& value : inputs) value = uniform(random);
    return inputs;
}

void save_inputs(const std::string& path, const NetDef& net, int batch, std::span<const float> inputs) {
    write_safetensors(path, {},
                      {{"data", "F32", {batch, net.channels, net.height, net.width}, std::as_bytes(inputs)}});
}

std::vector<double> numbers(const std::string& text) {
    std::vector<double> result;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) result.push_back(std::stod(line));
    return result;
}

std::vector<float> run(const std::shared_ptr<const Model>& model, std::span<const float> inputs, int batch) {
    Options options;
    options.batch = batch;
    Session session(model, options);
    const auto outputs = session.run(inputs, batch);
    return {outputs.begin(), outputs.end()};
}

// Two fp32 programs: each layer errs by some 1e-6 of its largest value, and softmax passes on the error of
// its logits.
void expect_close(std::span<const float> found, std::span<const double> expected) {
    ASSERT_EQ(found.size(), expected.size());
    double largest = 0;
    for (const double value : expected) largest = std::max(largest, std::abs(value));
    ASSERT_GT(largest, 0);
    for (std::size_t i = 0; i < found.size(); ++i)
        ASSERT_TRUE(std::abs(static_cast<double>(found[i]) - expected[i]) <= 1e-4 * largest)
            << i << ": " << found[i] << " and " << expected[i];
}

/// A model of what a file holds; every parameter must be there.
std::shared_ptr<const Model> model_of(Imported imported) {
    NetDef net = *imported.net;
    auto& photos = net.preprocessing;
    photos.height = photos.crop_height = static_cast<int>(net.height);
    photos.width = photos.crop_width = static_cast<int>(net.width);
    const auto tensors = std::make_shared<std::vector<ForeignTensor>>(std::move(imported.tensors));
    std::vector<std::span<const float>> weights;
    for (const Parameter& parameter : parameters_of(net)) {
        const auto found = std::ranges::find(*tensors, parameter.name, &ForeignTensor::name);
        if (found == tensors->end() || found->shape != parameter.shape)
            throw std::runtime_error(parameter.name + " is missing or misshapen");
        weights.push_back(found->values);
    }
    return std::make_shared<Model>(std::move(net), standard_layers(), std::move(weights), tensors,
                                   std::map<std::string, std::string>{});
}

class OnnxWitness : public ::testing::TestWithParam<const char*> {};

TEST_P(OnnxWitness, OnnxRuntimeAgreesOnWhatIsWritten) {
    const TemporaryFolder folder;
    const auto model = seeded(compose(GetParam()));
    write_onnx(*model, folder / "m.onnx");
    for (const int batch : {1, 8}) {
        const auto inputs = random_inputs(model->net(), batch, 120);
        save_inputs(folder / "inputs", model->net(), batch, inputs);
        const auto [status, text] = witness("onnxruntime_file.py", {folder / "inputs", folder / "m.onnx"});
        if (status == witness_absent) GTEST_SKIP() << "SKIPPED: no ONNX Runtime: " << text;
        ASSERT_EQ(status, 0) << text;
        expect_close(run(model, inputs, batch), numbers(text));
    }
}

std::string plain(const ::testing::TestParamInfo<const char*>& info) {
    std::string name = info.param;
    std::erase(name, '-');
    return name;
}

INSTANTIATE_TEST_SUITE_P(Nets, OnnxWitness,
                         ::testing::Values("alexnet", "caffenet", "alexnet-torchvision", "photo",
                                           "photo-mini", "squeezenet"),
                         plain);

class OnnxPackage : public ::testing::TestWithParam<const char*> {};

TEST_P(OnnxPackage, ItsFilesAreTheSameModel) {
    const TemporaryFolder folder;
    const auto model = seeded(compose(GetParam()));
    save(*model, folder / "m.safetensors");
    const auto [status, text] = witness("onnx_file.py", {folder / "m.safetensors", folder / "m.onnx"});
    if (status == witness_absent) GTEST_SKIP() << "SKIPPED: no onnx package: " << text;
    ASSERT_EQ(status, 0) << text;
    const auto imported = model_of(read_onnx(folder / "m.onnx"));
    for (const int batch : {1, 8}) {
        const auto inputs = random_inputs(model->net(), batch, 120);
        EXPECT_EQ(run(imported, inputs, batch), run(model, inputs, batch));  // the same arithmetic
    }
}

INSTANTIATE_TEST_SUITE_P(Nets, OnnxPackage, ::testing::Values("photo-mini", "caffenet"), plain);

TEST(OnnxWitnesses, PyTorchsExportAgrees) {
    const TemporaryFolder folder;
    const NetDef known = compose("alexnet-torchvision");
    constexpr int batch = 8;
    const auto inputs = random_inputs(known, batch, 2);
    save_inputs(folder / "inputs", known, batch, inputs);
    const auto [status, text] = witness("pytorch_onnx.py", {folder / "inputs", folder / "m.onnx"});
    if (status == witness_absent) GTEST_SKIP() << "SKIPPED: no PyTorch: " << text;
    ASSERT_EQ(status, 0) << text;
    Imported imported = read_onnx(folder / "m.onnx");
    EXPECT_TRUE(imported.ignored.empty());
    std::vector<std::string> weighted;
    for (const LayerDef& layer : imported.net->layers)
        if (!layer.params.empty()) weighted.push_back(layer.name);
    EXPECT_EQ(weighted,
              (std::vector<std::string>{"conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8"}));
    EXPECT_EQ(imported.tensors[0].origin, "features.0.weight");
    imported.net->layers.push_back({"prob", "softmax", {imported.net->layers.back().name}, {"prob"}, {}, {}});
    const auto model = model_of(std::move(imported));
    expect_close(run(model, inputs, batch), numbers(text));
    const std::vector<double> expected = numbers(text);
    expect_close(run(model, std::span(inputs).first(inputs.size() / batch), 1),
                 std::span(expected).first(expected.size() / batch));
}

// How the last windows are counted and what an average divides by is where programs differ.
TEST(OnnxWitnesses, PoolsOfEveryRoundingAgree) {
    const TemporaryFolder folder;
    std::vector<std::shared_ptr<const Model>> models;
    NetDef net = branched();
    const auto inputs = random_inputs(net, 1, 2);
    save_inputs(folder / "inputs", net, 1, inputs);
    std::vector<std::string> arguments = {folder / "inputs"};
    for (const char* mode : {"max", "average"})
        for (const char* divisor : {"padded", "inside"})
            for (const char* round : {"up", "down"})
                for (std::int64_t kernel = 2; kernel <= 4; ++kernel)
                    for (std::int64_t stride = 1; stride <= 4; ++stride)
                        for (std::int64_t pad = 0; pad < kernel; ++pad) {
                            net.layers = {{"pool",
                                           "pool",
                                           {"data"},
                                           {"pool"},
                                           {{"mode", std::string(mode)},
                                            {"round", std::string(round)},
                                            {"divisor", std::string(divisor)},
                                            {"kernel", kernel},
                                            {"stride", stride},
                                            {"pad", pad}},
                                           {}}};
                            models.push_back(seeded(net));
                            arguments.push_back(folder / std::to_string(models.size()));
                            write_onnx(*models.back(), arguments.back());
                        }
    const auto [status, text] = witness("onnxruntime_file.py", arguments);
    if (status == witness_absent) GTEST_SKIP() << "SKIPPED: no ONNX Runtime: " << text;
    ASSERT_EQ(status, 0) << text;
    const std::vector<double> expected = numbers(text);
    std::size_t at = 0;
    for (std::size_t i = 0; i < models.size(); ++i) {
        SCOPED_TRACE(to_json(models[i]->net()));
        const auto found = run(models[i], inputs, 1);
        ASSERT_LE(at + found.size(), expected.size());
        expect_close(found, std::span(expected).subspan(at, found.size()));
        at += found.size();
    }
    EXPECT_EQ(at, expected.size());
}

}  // namespace
}  // namespace emulsion::formats
