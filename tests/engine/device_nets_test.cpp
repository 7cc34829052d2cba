// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Whole nets on a device beside the readable implementation on the CPU: inference, and training from the same
// weights on the same photos. On a GPU where there is one (tests named `..._gpu`, see scripts/gpu-check), and
// on the emulator a net that is small enough for it.
#include <emulsion/emulsion.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/accelerator.h"
#include "tests/engine/nets.h"

namespace emulsion::testing {
namespace {

struct Line {
    const char* name;
    const char* net;
    const char* device;
    int batch;
};

/// The largest difference of any two numbers, relative to the largest number; infinite where either is not
/// finite.
double relative_error(std::span<const float> tested, std::span<const float> reference) {
    double error = 0, largest = 0;
    for (std::size_t i = 0; i < reference.size(); ++i) {
        const double difference =
            std::abs(static_cast<double>(tested[i]) - static_cast<double>(reference[i]));
        if (!std::isfinite(difference)) return std::numeric_limits<double>::infinity();
        error = std::max(error, difference);
        largest = std::max(largest, std::abs(static_cast<double>(reference[i])));
    }
    return largest > 0 ? error / largest : error;
}

class NetOnDevice : public ::testing::TestWithParam<Line> {
   protected:
    void SetUp() override {
        const DeviceId device = DeviceId::parse(GetParam().device);
        std::string why;
        if (kernels::accelerators(device.kind, &why).empty()) GTEST_SKIP() << "no GPU here: " << why;
    }

    static NetDef net() { return compose(GetParam().net); }
    static Photos photos() { return photos_for(net(), GetParam().batch, 2, /*seed=*/5); }

    static Options options(const char* device, const char* implementation) {
        Options options;
        options.device = DeviceId::parse(device);
        options.implementations = {{"*", implementation}};
        options.strict = true;
        options.batch = GetParam().batch;
        options.hold_all = true;
        return options;
    }
    static Options tested() { return options(GetParam().device, "cuda"); }
    static Options reference() { return options("cpu", "eigen"); }
};

/// A sum of some thousand terms rounds some 2^-24 * sqrt(1000) = 2e-6 of its size away, and two orders of
/// summation differ by that much; a score of layers add up to five times as much by their squares.
constexpr double forward_tolerance = 1e-5;

class Inference : public NetOnDevice {};
TEST_P(Inference, LeavesTheSameValues) {
    const auto model = seeded(net());
    Session on_device(model, tested()), on_cpu(model, reference());
    const Photos batch = photos();
    const auto got = on_device.run(batch.pixels, batch.count);
    const auto expected = on_cpu.run(batch.pixels, batch.count);
    EXPECT_LE(relative_error(got, expected), forward_tolerance);
    for (const std::string& name : on_cpu.readable())
        EXPECT_LE(relative_error(on_device.value(name), on_cpu.value(name)), forward_tolerance) << name;
}

/// A batch again and again, so that the net learns and its values move. Twenty steps at this rate leave the
/// CPU's two implementations a loss within 1e-6 of each other and weights within 1e-5 of the way they have
/// gone; a hundred times as much is allowed, since a value that falls on the other side of a ReLU's kink, or
/// another maximum, moves its gradient by more than rounding. A gradient that is wrong shows as a tenth of
/// the way.
constexpr int training_steps = 20;
constexpr double rate = 0.0005, loss_tolerance = 1e-4, way_tolerance = 1e-3;

class Training : public NetOnDevice {};
TEST_P(Training, TakesTheSameWay) {
    const auto model = seeded(net());
    const SolverConfig solver = short_solver(rate, training_steps);
    Trainer on_device(model, solver, tested()), on_cpu(model, solver, reference());
    const Photos batch = photos();
    double first = 0, last = 0;
    for (int step = 0; step < training_steps; ++step) {
        const auto got = on_device.step(batch.batch()), expected = on_cpu.step(batch.batch());
        ASSERT_TRUE(got && expected);
        EXPECT_NEAR(got->loss, expected->loss, loss_tolerance * std::max(1.0, expected->loss)) << step;
        if (step == 0) first = expected->loss;
        last = expected->loss;
    }
    EXPECT_LT(last, first) << "nothing was learned, so nothing was tested";
    for (std::size_t i = 0; i < model->parameters().size(); ++i) {
        const std::string& name = model->parameters()[i].name;
        std::vector<float> got = on_device.parameter(name), expected = on_cpu.parameter(name);
        for (std::size_t k = 0; k < got.size(); ++k) {
            got[k] -= model->weights(i)[k];
            expected[k] -= model->weights(i)[k];
        }
        EXPECT_LE(relative_error(got, expected), way_tolerance) << name;
    }
}

std::string name_of(const ::testing::TestParamInfo<Line>& info) {
    return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Each, Inference,
                         ::testing::Values(Line{"photo_mini_emulated", "photo-mini", "emulated", 3},
                                           Line{"photo_mini_gpu", "photo-mini", "cuda", 3},
                                           Line{"photo_gpu", "photo", "cuda", 2},
                                           Line{"alexnet_gpu", "alexnet", "cuda", 2},
                                           Line{"squeezenet_gpu", "squeezenet", "cuda", 2}),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Each, Training,
                         ::testing::Values(Line{"photo_mini_emulated", "photo-mini", "emulated", 8},
                                           Line{"photo_mini_gpu", "photo-mini", "cuda", 8},
                                           Line{"photo_gpu", "photo", "cuda", 4}),
                         name_of);

}  // namespace
}  // namespace emulsion::testing
