// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The Caffe files that Emulsion writes, against an independent reader of them: OpenCV's dnn module.
#include <emulsion/emulsion.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>
#include <sstream>

#include "engine/formats/readers.h"
#include "tests/engine/nets.h"
#include "tests/witness/witness.h"

namespace emulsion::formats {
namespace {

using namespace emulsion::testing;

class AgainstOpenCv : public ::testing::TestWithParam<const char*> {};

std::vector<float> random_inputs(const NetDef& net, int batch) {
    std::mt19937_64 random(3);
    std::uniform_real_distribution<float> uniform(-120, 120);
    std::vector<float> inputs(static_cast<std::size_t>(batch * net.channels * net.height * net.width));
    for (float& value : inputs) value = uniform(random);
    return inputs;
}

std::vector<double> numbers_in(const std::string& text) {
    std::vector<double> numbers;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) numbers.push_back(std::stod(line));
    return numbers;
}

// Two fp32 programs: each layer errs by some 1e-6 of its largest value, and softmax passes on the error of
// its sums.
void expect_close(std::span<const float> found, std::span<const double> expected) {
    double largest = 0, worst = 0;
    for (const double value : expected) largest = std::max(largest, std::abs(value));
    for (std::size_t i = 0; i < found.size(); ++i) {
        const double difference = std::abs(static_cast<double>(found[i]) - expected[i]);
        ASSERT_TRUE(difference <= 1e-4 * largest) << i << ": " << found[i] << " and not " << expected[i];
        worst = std::max(worst, difference);
    }
    std::printf("%zu numbers, largest %.3g, worst difference %.1e of it\n", found.size(), largest,
                worst / largest);
}

TEST_P(AgainstOpenCv, OutputsAgree) {
    const TemporaryFolder folder;
    const auto model = seeded(compose(GetParam()));
    const NetDef& net = model->net();
    write_prototxt(net, folder / "net.prototxt");
    write_caffemodel(*model, folder / "net.caffemodel");
    for (const int batch : {1, 8}) {
        const std::vector<float> inputs = random_inputs(net, batch);
        write_safetensors(folder / "inputs.safetensors", {},
                          {{"data",
                            "F32",
                            {batch, net.channels, net.height, net.width},
                            std::as_bytes(std::span(inputs))}});
        // The sums as well as the probabilities, which hardly differ under random weights.
        const std::vector<std::string> values = {net.layers.at(net.layers.size() - 2).name,
                                                 net.layers.back().name};
        const auto [status, text] =
            witness("opencv_forward.py", {folder / "net.prototxt", folder / "net.caffemodel",
                                          folder / "inputs.safetensors", values[0], values[1]});
        if (status == witness_absent) GTEST_SKIP() << "SKIPPED: no OpenCV: " << text;
        ASSERT_EQ(status, 0) << text;
        const std::vector<double> expected = numbers_in(text);

        Options options;
        options.batch = batch;
        options.hold = {values[0]};
        Session session(model, options);
        const auto probabilities = session.run(std::span<const float>(inputs), batch);
        const std::vector<float> sums = session.value(values[0]);
        ASSERT_EQ(expected.size(), sums.size() + probabilities.size());
        expect_close(sums, std::span(expected).first(sums.size()));
        expect_close(probabilities, std::span(expected).last(probabilities.size()));
    }
}

INSTANTIATE_TEST_SUITE_P(Nets, AgainstOpenCv, ::testing::Values("alexnet", "caffenet", "photo", "squeezenet"),
                         [](const auto& param_info) { return std::string(param_info.param); });

}  // namespace
}  // namespace emulsion::formats
