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
#include <ostream>

#include "kernels/accelerator.h"
#include "tests/engine/nets.h"

namespace emulsion::testing {
namespace {

struct Line {
    const char* name;
    const char* net;
    const char* device;
    int batch;
    double rate = 0;
};

void PrintTo(const Line& line, std::ostream* out) {
    *out << line.net << " on " << line.device << ", batch " << line.batch;
}

double largest(std::span<const float> values) {
    double found = 0;
    for (const float each : values) found = std::max(found, std::abs(static_cast<double>(each)));
    return found;
}

/// The largest difference of any two numbers; infinite where one is not finite.
double largest_difference(std::span<const float> tested, std::span<const float> reference) {
    double found = 0;
    for (std::size_t i = 0; i < reference.size(); ++i) {
        const double difference =
            std::abs(static_cast<double>(tested[i]) - static_cast<double>(reference[i]));
        if (!std::isfinite(difference)) return std::numeric_limits<double>::infinity();
        found = std::max(found, difference);
    }
    return found;
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

/// Of the largest value of a layer. A sum of some thousand terms rounds some 2^-24 * sqrt(1000) = 2e-6 of its
/// size away, and two orders of summation differ by that much; a score of layers add up to five times as much
/// by their squares.
constexpr double forward_tolerance = 1e-5;

class Inference : public NetOnDevice {};
TEST_P(Inference, LeavesTheSameValues) {
    const auto model = seeded(net());
    Session on_device(model, tested()), on_cpu(model, reference());
    const Photos batch = photos();
    on_device.run(batch.pixels, batch.count);
    on_cpu.run(batch.pixels, batch.count);
    for (const std::string& name : on_cpu.readable()) {
        const auto got = on_device.value(name), expected = on_cpu.value(name);
        EXPECT_LE(largest_difference(got, expected), forward_tolerance * largest(expected)) << name;
        EXPECT_GT(largest(expected), 0) << name << ": nothing to compare";
    }
}

/// A batch again and again, dropout included. Two implementations on the CPU keep their losses within 1e-6 of
/// each other for twenty steps at these rates, and their weights within 1e-5 of the way that these have gone
/// (and the roundings of the weights themselves). A hundred times as much is allowed, since a value that
/// falls on the other side of a ReLU's kink, or another maximum, moves its gradient by more than rounding. A
/// gradient that is wrong shows as a tenth of the way.
constexpr int training_steps = 20;
constexpr double loss_tolerance = 1e-4, way_tolerance = 1e-3, weight_rounding = training_steps * 0x1p-24;

std::vector<float> way(const std::vector<float>& weights, std::span<const float> from) {
    std::vector<float> gone(weights.size());
    for (std::size_t i = 0; i < gone.size(); ++i) gone[i] = weights[i] - from[i];
    return gone;
}

class Training : public NetOnDevice {};
TEST_P(Training, TakesTheSameWay) {
    const auto model = seeded(net());
    const SolverConfig solver = short_solver(GetParam().rate, training_steps);
    Trainer on_device(model, solver, tested()), on_cpu(model, solver, reference());
    const Photos batch = photos();
    for (int step = 0; step < training_steps; ++step) {
        const auto got = on_device.step(batch.batch()), expected = on_cpu.step(batch.batch());
        ASSERT_TRUE(got && expected);
        EXPECT_NEAR(got->loss, expected->loss, loss_tolerance) << step;
    }
    for (std::size_t i = 0; i < model->parameters().size(); ++i) {
        const std::string& name = model->parameters()[i].name;
        const auto got = on_device.parameter(name), expected = on_cpu.parameter(name);
        const double gone = largest(way(expected, model->weights(i)));
        EXPECT_LE(largest_difference(got, expected),
                  way_tolerance * gone + weight_rounding * largest(expected))
            << name << ", which has gone as far as " << gone;
        if (name.ends_with(".weight")) {
            EXPECT_GT(gone, 0) << name << ": nothing to compare";
        }
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
                         ::testing::Values(Line{"photo_mini_emulated", "photo-mini", "emulated", 2, 5e-4},
                                           Line{"photo_mini_gpu", "photo-mini", "cuda", 8, 5e-4},
                                           Line{"photo_gpu", "photo", "cuda", 4, 1e-4}),
                         name_of);

}  // namespace
}  // namespace emulsion::testing
