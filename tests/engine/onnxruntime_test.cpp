// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Inference of the full-size nets against an independent witness: the same weights and inputs in ONNX
// Runtime.
#include <emulsion/emulsion.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <sstream>

#include "tests/engine/nets.h"
#include "tests/witness/witness.h"

namespace emulsion::testing {
namespace {

class AgainstOnnxRuntime : public ::testing::TestWithParam<const char*> {};

TEST_P(AgainstOnnxRuntime, ProbabilitiesAgree) {
    const TemporaryFolder folder;
    const auto model = seeded(compose(GetParam()));
    save(*model, folder / "model.safetensors");
    constexpr int batch = 2;
    const NetDef& net = model->net();
    std::mt19937_64 random(3);
    std::uniform_real_distribution<float> uniform(-120, 120);
    std::vector<float> inputs(static_cast<std::size_t>(batch * net.channels * net.height * net.width));
    for (float& value : inputs) value = uniform(random);
    write_safetensors(
        folder / "inputs.safetensors", {},
        {{"data", "F32", {batch, net.channels, net.height, net.width}, std::as_bytes(std::span(inputs))}});

    const auto [status, text] =
        witness("onnxruntime_forward.py", {folder / "model.safetensors", folder / "inputs.safetensors"});
    if (status == witness_absent) GTEST_SKIP() << "SKIPPED: no ONNX Runtime: " << text;
    ASSERT_EQ(status, 0) << text;
    std::vector<double> expected;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) expected.push_back(std::stod(line));

    Options options;
    options.batch = batch;
    Session session(model, options);
    const auto found = session.run(std::span<const float>(inputs), batch);
    ASSERT_EQ(expected.size(), found.size());
    const double largest = *std::max_element(expected.begin(), expected.end());
    // Two fp32 programs: each layer errs by some 1e-6 of its largest value, and softmax passes on the
    // error of its logits.
    for (std::size_t i = 0; i < found.size(); ++i)
        ASSERT_TRUE(std::abs(static_cast<double>(found[i]) - expected[i]) <= 1e-4 * largest) << i;
}

INSTANTIATE_TEST_SUITE_P(Nets, AgainstOnnxRuntime, ::testing::Values("alexnet", "caffenet", "photo"),
                         [](const auto& param_info) { return std::string(param_info.param); });

}  // namespace
}  // namespace emulsion::testing
