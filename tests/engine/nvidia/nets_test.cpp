// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Whole nets in which our kernels and NVIDIA's libraries stand side by side, without a GPU: our kernels run
// in the emulator, and stand-ins for the libraries evaluate what these are told. What the net then says must
// be what the readable implementation says.
#include <emulsion/emulsion.h>
#include <emulsion/trace.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>

#include "engine/schedule.h"
#include "tests/engine/nets.h"

namespace emulsion::testing {
namespace {

Options on_emulator(int batch) {
    Options options;
    options.device = DeviceId::parse("emulated");
    options.threads = 2;
    options.batch = batch;
    options.tuning = Tuning::off;
    options.hold_all = true;
    // The emulator records launches of kernels and would not see what the stand-ins do: no recording.
    options.trace = std::make_shared<Trace>();
    return options;
}

Options mixed(int batch) {
    Options options = on_emulator(batch);
    options.implementations = {{"conv_forward", "cudnn:nhwc"},     {"conv_backward_data", "cudnn:nhwc"},
                               {"conv_backward_weights", "cudnn"}, {"lrn_backward", "cudnn"},
                               {"lrn_forward", "cudnn"},           {"fc_forward", "cublas"},
                               {"fc_backward_data", "cublas"},     {"fc_backward_weights", "cublas:gemm"}};
    options.strict = true;
    return options;
}

Options readable(int batch) {
    Options options;
    options.threads = 2;
    options.batch = batch;
    options.implementations = {{"*", "eigen"}};
    options.strict = true;
    options.tuning = Tuning::off;
    options.hold_all = true;
    return options;
}

double largest(std::span<const float> values) {
    double found = 0;
    for (const float each : values) found = std::max(found, std::abs(static_cast<double>(each)));
    return found;
}

/// In parts of the largest value; infinite where a number is not finite.
double difference(std::span<const float> tested, std::span<const float> reference) {
    double found = 0;
    for (std::size_t i = 0; i < reference.size(); ++i) {
        const double apart = std::abs(static_cast<double>(tested[i]) - static_cast<double>(reference[i]));
        if (!std::isfinite(apart)) return std::numeric_limits<double>::infinity();
        found = std::max(found, apart);
    }
    return found / largest(reference);
}

std::set<std::string> who_runs(const Program& program) {
    std::set<std::string> names;
    for (const StepInfo& step : program.steps()) names.insert(step.implementation);
    return names;
}

int reorders(const Program& program) {
    const auto steps = program.steps();
    return static_cast<int>(std::count_if(steps.begin(), steps.end(), [](const StepInfo& step) {
        return step.operation.kind == OpKind::reorder;
    }));
}

void expect_same_values(const Session& tested, const Session& reference, double tolerance) {
    for (const std::string& name : reference.readable())
        EXPECT_LE(difference(tested.value(name), reference.value(name)), tolerance) << name;
}

/// As in device_nets_test: sums in another order, layer upon layer.
constexpr double rounding = 1e-5;

TEST(MixedNet, LeavesTheValuesOfTheReadableOne) {
    const NetDef net = compose("photo-mini");
    const auto model = seeded(net);
    Session tested(model, mixed(3)), reference(model, readable(3));
    const Photos photos = photos_for(net, 3, 2, 5);
    tested.run(photos.pixels, photos.count);
    reference.run(photos.pixels, photos.count);
    expect_same_values(tested, reference, rounding);

    const auto names = who_runs(tested.program());
    for (const char* name : {"cuda", "cublas", "cudnn:nhwc", "cudnn"})
        EXPECT_EQ(names.count(name), 1U) << name;
    // Each of the three convolutions reads and leaves NHWC among neighbours that read NCHW.
    EXPECT_GE(reorders(tested.program()), 4);
}

TEST(MixedNet, TrainsTheSameWay) {
    const NetDef net = compose("photo-mini");
    const auto model = seeded(net);
    constexpr int steps = 3;
    const SolverConfig solver = short_solver(5e-4, steps);
    Trainer tested(model, solver, mixed(2)), reference(model, solver, readable(2));
    const Photos photos = photos_for(net, 2, 2, 5);
    for (int step = 0; step < steps; ++step) {
        const auto got = tested.step(photos.batch()), expected = reference.step(photos.batch());
        ASSERT_TRUE(got && expected);
        EXPECT_NEAR(got->loss, expected->loss, 1e-4) << step;
    }
    for (std::size_t i = 0; i < model->parameters().size(); ++i) {
        const std::string& name = model->parameters()[i].name;
        const auto from = model->weights(i);
        std::vector<float> got = tested.parameter(name), expected = reference.parameter(name);
        double gone = 0, apart = 0;
        for (std::size_t k = 0; k < expected.size(); ++k) {
            gone = std::max(gone, std::abs(static_cast<double>(expected[k]) - static_cast<double>(from[k])));
            apart = std::max(apart, std::abs(static_cast<double>(got[k]) - static_cast<double>(expected[k])));
        }
        EXPECT_LE(apart, 1e-3 * gone + steps * 0x1p-24 * largest(expected)) << name;
        if (name.ends_with(".weight")) {
            EXPECT_GT(gone, 0) << name << ": nothing to compare";
        }
    }
}

/// Our conv1 beside cuDNN's conv2: the reorder between them is a step of its own.
TEST(MixedNet, ReordersWhereNeighboursDisagree) {
    const Options options = on_emulator(2);
    Graph graph = build_graph(compose("photo-mini"), Mode::inference, options, standard_layers());
    rewrite(graph);
    Names names;
    for (const Node& node : graph.nodes) names.emplace_back(node.layer == "conv2" ? "cudnn:nhwc" : "cuda");
    const Schedule schedule = lower(graph, Mode::inference, options, names);
    std::vector<std::string> around;
    for (const Step& step : schedule.steps)
        if (step.layer.find("conv") == 0 || step.operation.kind == OpKind::reorder)
            around.push_back(step.layer + " " + step.implementation->full_name());
    const std::vector<std::string> expected{"conv1 cuda", "conv2/reorder cuda", "conv2 cudnn:nhwc"};
    ASSERT_GE(around.size(), 4U);
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), around.begin()));
    // And back: the layer after it reads NCHW.
    EXPECT_NE(around[3].find("/reorder cuda"), std::string::npos) << around[3];
}

/// The tuner tries all of them, and leaves out what rounds too much: the stand-in's Winograd does so on
/// purpose.
TEST(MixedNet, IsWhatTheTunerChoosesFrom) {
    const NetDef net = compose("photo-mini");
    const auto model = seeded(net);
    Options options = on_emulator(2);
    options.tuning = Tuning::measure;
    std::string warnings;
    options.log = [&](LogLevel level, const std::string& line) {
        if (level >= LogLevel::warning) warnings += line + "\n";
    };
    Session tuned(model, options), reference(model, readable(2));
    const Photos photos = photos_for(net, 2, 2, 5);
    tuned.run(photos.pixels, photos.count);
    reference.run(photos.pixels, photos.count);
    expect_same_values(tuned, reference, rounding);
    std::istringstream lines(warnings);
    int left_out = 0;
    for (std::string line; std::getline(lines, line); ++left_out)
        EXPECT_NE(line.find("by cudnn:winograd is left out"), std::string::npos) << line;
    EXPECT_EQ(left_out, 5) << "one for each convolution";
}

TEST(MixedNet, MultipliesInBf16AndTf32WhereOnlyTheLibrariesDo) {
    const NetDef net = compose("photo-mini");
    const auto model = seeded(net);
    const Photos photos = photos_for(net, 2, 2, 5);
    Session reference(model, readable(2));
    reference.run(photos.pixels, photos.count);
    // Operands are rounded to 8 or 11 bits: by up to 2^-9 or 2^-12 each, in six layers one after the other.
    constexpr std::pair<kernels::Precision, double> precisions[] = {
        {kernels::Precision::bf16, 6 * 4 * 0x1p-9}, {kernels::Precision::tf32, 6 * 4 * 0x1p-12}};
    for (const auto& [precision, tolerance] : precisions) {
        Options options = on_emulator(2);
        options.precision = precision;
        Session tested(model, options);
        tested.run(photos.pixels, photos.count);
        expect_same_values(tested, reference, tolerance);
        std::set<std::string> who;
        for (const StepInfo& step : tested.program().steps())
            if (step.operation.kind == OpKind::conv_forward || step.operation.kind == OpKind::fc_forward)
                who.insert(step.implementation);
        EXPECT_EQ(who, (std::set<std::string>{"cublas", "cudnn"})) << kernels::name(precision);
        // And it is another arithmetic than fp32's.
        const std::string last = "relu5";
        EXPECT_GT(difference(tested.value(last), reference.value(last)), rounding)
            << kernels::name(precision);
    }
}

}  // namespace
}  // namespace emulsion::testing
