// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Parameters and operations of the named nets, against figures worked out by hand and those published.
#include <emulsion/model.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "tests/layers/walk.h"

namespace emulsion::test {
namespace {

TEST(Arithmetic, ParametersOfPublishedNets) {
    EXPECT_EQ(parameter_count(walk(compose("alexnet"))), 60'965'224);
    EXPECT_EQ(parameter_count(walk(compose("caffenet"))), 60'965'224);
    EXPECT_EQ(parameter_count(walk(compose("alexnet-torchvision"))), 61'100'840);
    // 1,244,448 weights, and one bias an output channel.
    EXPECT_EQ(parameter_count(walk(compose("squeezenet"))), 1'244'448 + 3'976);
}

TEST(Arithmetic, ParametersOfThePapersNet) {
    const std::int64_t convolutions = (96 * 3 * 121 + 96) + (256 * 48 * 25 + 256) + (384 * 256 * 9 + 384) +
                                      (384 * 192 * 9 + 384) + (256 * 192 * 9 + 256);
    const std::int64_t classifier = (4096 * 256 * 4 * 7 + 4096) + (4096 * 4096 + 4096) + (2 * 4096 + 2);
    EXPECT_EQ(convolutions + classifier, 48'487'810);
    EXPECT_EQ(parameter_count(walk(compose("photo"))), convolutions + classifier);
}

TEST(Arithmetic, ParametersOfThePapersNetInMiniature) {
    const std::int64_t convolutions = (24 * 3 * 49 + 24) + (48 * 12 * 25 + 48) + (64 * 48 * 9 + 64) +
                                      (64 * 32 * 9 + 64) + (48 * 32 * 9 + 48);
    const std::int64_t classifier = (96 * 48 * 3 * 5 + 96) + (2 * 96 + 2);
    EXPECT_EQ(parameter_count(walk(compose("photo-mini"))), convolutions + classifier);
}

struct Row {
    std::string layer;
    double multiply_adds;    ///< worked out by hand, exact
    double published_mflop;  ///< 0: none
};

// The published figures are rounded to the digits given.
void expect_operations(const std::string& net, const std::vector<Row>& table, double half_a_digit) {
    std::map<std::string, LayerFacts> steps;
    for (const LayerFacts& step : walk(compose(net))) steps[step.def.name] = step;
    std::size_t weighted = 0;
    for (const auto& [name, step] : steps) weighted += step.parameters.empty() ? 0 : 1;
    EXPECT_EQ(weighted, table.size()) << net;
    for (const Row& row : table) {
        ASSERT_TRUE(steps.contains(row.layer)) << net << " " << row.layer;
        const LayerFacts& step = steps[row.layer];
        const double biases = static_cast<double>(step.output.count());
        EXPECT_EQ(step.flop, 2 * row.multiply_adds + biases) << net << " " << row.layer;
        if (row.published_mflop > 0) {
            EXPECT_NEAR(2e-6 * row.multiply_adds, row.published_mflop, half_a_digit)
                << net << " " << row.layer;
        }
    }
}

double gigaflop(const std::vector<Row>& table) {
    double sum = 0;
    for (const Row& row : table) sum += 2e-9 * row.multiply_adds;
    return sum;
}

TEST(Arithmetic, OperationsOfAlexnet) {
    // Outputs times the multiply-adds of one: 96*55*55 * 3*11*11, 256*27*27 * 48*5*5, ...
    const std::vector<Row> table = {{"conv1", 105'415'200, 210.8}, {"conv2", 223'948'800, 447.9},
                                    {"conv3", 149'520'384, 299.0}, {"conv4", 112'140'288, 224.3},
                                    {"conv5", 74'760'192, 149.5},  {"fc6", 37'748'736, 75.5},
                                    {"fc7", 16'777'216, 33.6},     {"fc8", 4'096'000, 8.2}};
    expect_operations("alexnet", table, 0.05);
    expect_operations("caffenet", table, 0.05);
    EXPECT_NEAR(gigaflop(table), 1.449, 0.0005);
}

TEST(Arithmetic, OperationsOfTorchvisionsAlexnet) {
    const std::vector<Row> table = {{"conv1", 70'276'800, 140.6},  {"conv2", 223'948'800, 447.9},
                                    {"conv3", 112'140'288, 224.3}, {"conv4", 149'520'384, 299.0},
                                    {"conv5", 99'680'256, 199.4},  {"fc6", 37'748'736, 0},
                                    {"fc7", 16'777'216, 0},        {"fc8", 4'096'000, 0}};
    expect_operations("alexnet-torchvision", table, 0.05);
    EXPECT_NEAR(gigaflop(table), 1.428, 0.0015);
}

TEST(Arithmetic, OperationsOfThePapersNet) {
    const std::vector<Row> table = {{"conv1", 76'804'992, 153.6},    {"conv2", 169'267'200, 338.5},
                                    {"conv3", 111'476'736, 223.0},   {"conv4", 83'607'552, 167.0},
                                    {"conv5", 55'738'368, 111.5},    {"fc6_photo", 29'360'128, 58.7},
                                    {"fc7_photo", 16'777'216, 33.5}, {"fc8_photo", 8'192, 0}};
    expect_operations("photo", table, 0.25);
    EXPECT_NEAR(gigaflop(table), 1.086, 0.0005);
}

// The layers without weights cost little: a net's total is its published figure within 2%.
TEST(Arithmetic, TheRestCostsLittle) {
    const std::map<std::string, double> published = {
        {"alexnet", 1.449e9}, {"alexnet-torchvision", 1.428e9}, {"photo", 1.086e9}};
    for (const auto& [name, flop] : published) {
        double sum = 0;
        for (const LayerFacts& step : walk(compose(name))) sum += step.flop;
        EXPECT_GT(sum, flop) << name;
        EXPECT_LT(sum, 1.02 * flop) << name;
    }
}

TEST(Arithmetic, ThePapersNetInMiniatureIsSmall) {
    double sum = 0;
    for (const LayerFacts& step : walk(compose("photo-mini"))) sum += step.flop;
    EXPECT_GT(sum, 10e6);
    EXPECT_LT(sum, 30e6);
}

TEST(Arithmetic, OperationsGrowWithTheBatch) {
    const auto one = walk(compose("photo"), 1), fifty = walk(compose("photo"), 50);
    for (std::size_t i = 0; i < one.size(); ++i)
        EXPECT_EQ(fifty[i].flop, 50 * one[i].flop) << one[i].def.name;
}

// Caffe's fans: elements for each output, and elements for each input channel of the group.
TEST(Arithmetic, Fans) {
    const auto steps = walk(compose("alexnet"));
    const auto fans = [&](const std::string& layer, std::size_t i) {
        for (const LayerFacts& step : steps)
            if (step.def.name == layer)
                return std::pair(step.parameters.at(i).fan_in, step.parameters.at(i).fan_out);
        throw std::out_of_range(layer);
    };
    EXPECT_EQ(fans("conv1", 0), std::pair(std::int64_t{3 * 11 * 11}, std::int64_t{96 * 11 * 11}));
    EXPECT_EQ(fans("conv2", 0), std::pair(std::int64_t{48 * 5 * 5}, std::int64_t{256 * 5 * 5}));
    EXPECT_EQ(fans("fc6", 0), std::pair(std::int64_t{9216}, std::int64_t{4096}));
    EXPECT_EQ(fans("conv1", 1), std::pair(std::int64_t{1}, std::int64_t{96}));
}

}  // namespace
}  // namespace emulsion::test
