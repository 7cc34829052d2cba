// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A trial's verdict: every implementation of every operation of a small net passes, and what is wrong does
// not.
#include "engine/trial.h"

#include <emulsion/emulsion.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <set>

#include "engine/graph.h"

namespace emulsion::testing {
namespace {

using kernels::Implementation;
using kernels::Limits;
using kernels::Operation;

/// The operations of training a net, each once.
std::vector<Operation> operations_of(const std::string& net, int batch) {
    Options options;
    options.batch = batch;
    Graph graph = build_graph(compose(net), Mode::training, options, standard_layers());
    rewrite(graph);
    std::vector<Operation> all;
    std::set<std::string> seen;
    for (const Node& node : graph.nodes)
        if (seen.insert(kernels::describe(node.operation)).second) all.push_back(node.operation);
    all.push_back({OpKind::square_sum, kernels::SquareSum{100'001}});
    all.push_back({OpKind::sgd_update, kernels::Sgd{1000, {{0, 900, 1, 1}, {900, 100, 2, 0}}, false}});
    return all;
}

Limits limits_for_training(int threads) {
    Limits limits;
    limits.threads = threads;
    limits.training = true;
    return limits;
}

std::unique_ptr<Trial> make_trial(Device& device, const Operation& operation, const Implementation& by,
                                  Limits limits, const Inputs& inputs, const Trial* forward) {
    if (forward != nullptr) limits.forward = &forward->plan();
    if (!by.supports(operation, limits)) return nullptr;
    auto trial = std::make_unique<Trial>(device, operation, by.plan(operation, limits), inputs, forward);
    trial->run();
    return trial;
}

class EveryImplementation : public ::testing::TestWithParam<const char*> {};

TEST_P(EveryImplementation, PassesItsTrial) {
    const DeviceId id = DeviceId::parse(GetParam());
    const auto device = open_device(id, 2);
    for (const Operation& operation : operations_of("photo-mini", 3)) {
        int tried = 0;
        const Inputs inputs = random_inputs(operation, 7);
        const Reference reference(operation, inputs, 2);
        for (const auto& by : kernels::implementations(operation.kind)) {
            if (by.device != id.kind) continue;
            std::unique_ptr<Trial> forward;
            if (const auto before = forward_of(operation))
                for (const auto& same : kernels::implementations(before->kind))
                    if (!forward && same.device == id.kind && std::string(same.name) == by.name)
                        forward = make_trial(*device, *before, same, limits_for_training(2),
                                             random_inputs(*before, 7), nullptr);
            const auto trial =
                make_trial(*device, operation, by, limits_for_training(2), inputs, forward.get());
            if (!trial) continue;
            EXPECT_EQ(reference.complaint(trial->outputs(), kernels::Precision::fp32), "")
                << kernels::describe(operation) << " by " << by.full_name();
            ++tried;
        }
        EXPECT_GE(tried, 1) << kernels::describe(operation);
    }
}
INSTANTIATE_TEST_SUITE_P(Trial, EveryImplementation, ::testing::Values("cpu", "emulated"),
                         [](const auto& line) { return std::string(line.param); });

/// One plan's results, changed in one cell of the last operand.
void expect_noticed(float (*wrong)(float)) {
    const Operation operation{OpKind::conv_forward,
                              kernels::Convolution{{2, 8, 9, 9}, {2, 16, 9, 9}, 3, 3, 1, 1, 1, 1}};
    const Inputs inputs = random_inputs(operation, 1);
    const auto device = open_device({}, 1);
    const auto trial = make_trial(*device, operation, kernels::implementations(operation.kind).back(),
                                  limits_for_training(1), inputs, nullptr);
    Outputs outputs = trial->outputs();
    const Reference reference(operation, inputs, 1);
    EXPECT_EQ(reference.complaint(outputs, kernels::Precision::fp32), "");
    float& cell = outputs.at.at(Operand::dst)[17];
    cell = wrong(cell);
    EXPECT_NE(reference.complaint(outputs, kernels::Precision::fp32), "");
}

TEST(Trial, NoticesWhatIsWrong) {
    expect_noticed([](float x) { return x + 1e-3F; });
    expect_noticed([](float) { return std::numeric_limits<float>::quiet_NaN(); });
    expect_noticed([](float) { return std::numeric_limits<float>::infinity(); });
}

/// Every float of these bytes, with only the bits that `mask` names.
void keep(std::vector<std::byte>& bytes, std::uint32_t mask) {
    for (std::size_t at = 0; at + 4 <= bytes.size(); at += 4) {
        std::uint32_t word = 0;
        std::memcpy(&word, bytes.data() + at, 4);
        word &= mask;
        std::memcpy(bytes.data() + at, &word, 4);
    }
}
constexpr std::uint32_t of_tf32 = 0xFFFFE000, of_bf16 = 0xFFFF0000;

TEST(Trial, InputsAreNumbersThatThePrecisionHolds) {
    const Operation operation{OpKind::fc_forward, kernels::FullyConnected{{4, 16, 3, 3}, 32}};
    const auto holds = [&](kernels::Precision precision, std::uint32_t mask) {
        Inputs given = random_inputs(operation, 1, precision), kept = given;
        for (auto& [operand, bytes] : kept.at) keep(bytes, mask);
        return given.at == kept.at;
    };
    using enum kernels::Precision;
    EXPECT_FALSE(holds(fp32, of_tf32));
    EXPECT_TRUE(holds(tf32, of_tf32));
    EXPECT_FALSE(holds(tf32, of_tf32 << 1));
    EXPECT_FALSE(holds(tf32x3, of_tf32));
    EXPECT_TRUE(holds(bf16, of_bf16));
    EXPECT_FALSE(holds(bf16, of_bf16 << 1));
}

/// Hardware may cut operands off where it should round them, and is held to no more than that.
TEST(Trial, AProductInTf32MayErrAsTf32DoesAndNoFurther) {
    const auto device = open_device({}, 1);
    for (const Operation& operation :
         {Operation{OpKind::conv_forward,
                    kernels::Convolution{{2, 16, 9, 9}, {2, 32, 9, 9}, 3, 3, 1, 1, 1, 1}},
          Operation{OpKind::conv_backward_weights,
                    kernels::Convolution{{2, 16, 9, 9}, {2, 32, 9, 9}, 3, 3, 1, 1, 1, 1}},
          Operation{OpKind::fc_backward_data, kernels::FullyConnected{{8, 16, 4, 4}, 64}}}) {
        const Inputs exact = random_inputs(operation, 3);
        const Reference reference(operation, exact, 1);
        const auto complaint = [&](std::uint32_t mask, kernels::Precision precision) {
            Inputs cut = exact;
            for (auto& [operand, bytes] : cut.at)
                if (operand != Operand::bias) keep(bytes, mask);
            const auto trial = make_trial(*device, operation, kernels::implementations(operation.kind).back(),
                                          limits_for_training(1), cut, nullptr);
            return reference.complaint(trial->outputs(), precision);
        };
        EXPECT_EQ(complaint(of_tf32, kernels::Precision::tf32), "");
        EXPECT_NE(complaint(of_tf32, kernels::Precision::fp32), "");
        EXPECT_NE(complaint(of_tf32, kernels::Precision::tf32x3), "");
        EXPECT_NE(complaint(of_bf16, kernels::Precision::tf32), "");
        EXPECT_EQ(complaint(of_bf16, kernels::Precision::bf16), "");
    }
}

/// cuDNN stores gradients of weights as bf16 where it multiplies in bf16.
TEST(Trial, AGradientMayBeStoredInBf16WhereProductsAre) {
    const Operation operation{OpKind::conv_backward_weights,
                              kernels::Convolution{{2, 16, 9, 9}, {2, 32, 9, 9}, 3, 3, 1, 1, 1, 1}};
    const Inputs inputs = random_inputs(operation, 5, kernels::Precision::bf16);
    const auto device = open_device({}, 1);
    const auto trial = make_trial(*device, operation, kernels::implementations(operation.kind).back(),
                                  limits_for_training(1), inputs, nullptr);
    const Reference reference(operation, inputs, 1);
    const auto complaint = [&](float (*stored)(float), kernels::Precision precision) {
        Outputs outputs = trial->outputs();
        for (float& x : outputs.at.at(Operand::diff_weights)) x = stored(x);
        return reference.complaint(outputs, precision);
    };
    const auto in_bf16 = [](float x) {
        std::uint32_t word = 0;
        std::memcpy(&word, &x, 4);
        word = (word + 0x7FFF + (word >> 16 & 1)) & of_bf16;
        std::memcpy(&x, &word, 4);
        return x;
    };
    EXPECT_EQ(complaint(in_bf16, kernels::Precision::bf16), "");
    EXPECT_NE(complaint(in_bf16, kernels::Precision::fp32), "");
    EXPECT_NE(complaint([](float x) { return x * 1.05F; }, kernels::Precision::bf16), "");
}

TEST(Trial, SeedsMakeOtherInputs) {
    const Operation operation{OpKind::relu_forward, kernels::Relu{{1, 4, 5, 5}}};
    EXPECT_EQ(random_inputs(operation, 1).at, random_inputs(operation, 1).at);
    EXPECT_NE(random_inputs(operation, 1).at, random_inputs(operation, 2).at);
}

TEST(Trial, TimesARunAndAPacking) {
    const Operation operation{OpKind::fc_forward, kernels::FullyConnected{{4, 256, 6, 6}, 512}};
    const auto device = open_device({}, 2);
    const auto trial = make_trial(*device, operation, kernels::implementations(operation.kind).front(),
                                  limits_for_training(2), random_inputs(operation, 1), nullptr);
    CacheFlush flush(*device);
    EXPECT_GT(trial->time(&flush), 0);
    EXPECT_GT(trial->time(nullptr), 0);
    EXPECT_EQ(trial->time_packing() > 0, trial->plan().packed().bytes > 0);
}

}  // namespace
}  // namespace emulsion::testing
