// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Fresh weights: as the fillers say, the same for the same seed, and each parameter for itself.
#include <cmath>

#include "tests/engine/support.h"
#include "tests/layers/small_model.h"

namespace emulsion::test {
namespace {

struct Statistics {
    double mean = 0, deviation = 0, largest = 0;
};

Statistics statistics(std::span<const float> values) {
    const double n = static_cast<double>(values.size());
    double sum = 0, squares = 0, largest = 0;
    for (const float v : values) sum += v, largest = std::max(largest, std::abs(static_cast<double>(v)));
    for (const float v : values) squares += (v - sum / n) * (v - sum / n);
    return {sum / n, std::sqrt(squares / n), largest};
}

// A net's first layer alone: the rest would take 60 million random numbers.
std::shared_ptr<const Model> first_layer(const std::string& name, std::uint64_t seed) {
    NetDef net = compose(name);
    net.layers.resize(1);
    return initialise(net, seed);
}

TEST(Fillers, AlexnetsFirstWeightsAreGaussian) {
    const auto model = first_layer("alexnet", 1);
    ASSERT_EQ(model->parameters().at(0).name, "conv1.weight");
    const double n = 96 * 3 * 11 * 11;
    ASSERT_EQ(static_cast<double>(model->weights(0).size()), n);
    const Statistics s = statistics(model->weights(0));
    // The mean of n numbers deviates by sigma / sqrt(n), their deviation by sigma / sqrt(2n); five such
    // deviations are passed once in two million seeds. Of n normal numbers none is beyond 7 sigma.
    EXPECT_NEAR(s.mean, 0, 5 * 0.01 / std::sqrt(n));
    EXPECT_NEAR(s.deviation, 0.01, 5 * 0.01 / std::sqrt(2 * n));
    EXPECT_LT(s.largest, 7 * 0.01);
    EXPECT_GT(s.largest, 3 * 0.01);
    for (const float b : model->weights(1)) EXPECT_EQ(b, 0.0F);
}

TEST(Fillers, TorchvisionsFirstWeightsAreUniform) {
    const auto model = first_layer("alexnet-torchvision", 1);
    const double bound = 1 / std::sqrt(3.0 * 11 * 11);
    for (std::size_t i = 0; i < 2; ++i) {
        const Statistics s = statistics(model->weights(i));
        const double n = static_cast<double>(model->weights(i).size()), sigma = bound / std::sqrt(3.0);
        EXPECT_NEAR(s.mean, 0, 5 * sigma / std::sqrt(n));
        EXPECT_LE(s.largest, bound * (1 + 1e-7));    // rounded to a float
        EXPECT_GT(s.largest, bound * (1 - 20 / n));  // all n fall short of it once in e^20 seeds
    }
}

// msra: deviation sqrt(2 / fan_in), with fan_in = 3*7*7 in photo-mini's conv1.
TEST(Fillers, ThePapersNetInMiniatureStartsAtUnitScale) {
    const auto model = first_layer("photo-mini", 1);
    const double n = 24 * 147, sigma = std::sqrt(2.0 / 147);
    const Statistics s = statistics(model->weights(0));
    EXPECT_NEAR(s.mean, 0, 5 * sigma / std::sqrt(n));
    EXPECT_NEAR(s.deviation, sigma, 5 * sigma / std::sqrt(2 * n));
}

TEST(Fillers, ConstantsAreExact) {
    const auto model = initialise(small_net(), 1);
    for (const float b : model->weights(1)) EXPECT_EQ(b, 0.5F);
    for (const float b : model->weights(3)) EXPECT_EQ(b, 0.0F);
}

TEST(Fillers, TheSeedDecides) {
    expect_same_weights(*initialise(small_net(), 7), *initialise(small_net(), 7));
    const auto a = initialise(small_net(), 7), b = initialise(small_net(), 8);
    EXPECT_FALSE(std::ranges::equal(a->weights(0), b->weights(0)));
}

TEST(Fillers, EachParameterHasAStreamOfItsOwn) {
    NetDef wider = small_net();
    wider.layers[0].params[1].filler = wider.layers[0].params[0].filler;  // a bias that draws numbers
    const auto a = initialise(small_net(), 7), b = initialise(wider, 7);
    EXPECT_TRUE(std::ranges::equal(a->weights(2), b->weights(2)));
    EXPECT_NE(b->weights(1)[0], b->weights(0)[0]);
}

TEST(Fillers, WeightsStartOnACacheLine) {
    const auto model = initialise(small_net(), 1);
    for (std::size_t i = 0; i < 4; ++i)
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(model->weights(i).data()) % 64, 0U) << i;
}

}  // namespace
}  // namespace emulsion::test
