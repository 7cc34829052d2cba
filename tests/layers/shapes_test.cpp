// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The shapes of every layer of every named net, against tables worked out by hand: a convolution makes
// (in + 2 pad - kernel) / stride + 1 rounded down, a pool the same rounded up (torchvision: down).
#include <emulsion/model.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/layers/walk.h"

namespace emulsion::test {
namespace {

struct Row {
    const char* name;
    std::int64_t c, h, w;
};

void expect_shapes(const std::string& net, const std::vector<Row>& table) {
    for (const std::int64_t batch : {1, 50}) {
        const auto steps = walk(compose(net), batch);
        ASSERT_EQ(steps.size(), table.size()) << net;
        for (std::size_t i = 0; i < table.size(); ++i) {
            EXPECT_EQ(steps[i].def.name, table[i].name) << net;
            EXPECT_EQ(steps[i].def.outputs.at(0), table[i].name) << net;
            EXPECT_EQ(steps[i].output, (Shape{batch, table[i].c, table[i].h, table[i].w}))
                << net << " " << table[i].name << " is " << kernels::describe(steps[i].output);
        }
    }
}

TEST(Shapes, Alexnet) {
    expect_shapes(
        "alexnet",
        {{"conv1", 96, 55, 55},  {"relu1", 96, 55, 55},  {"norm1", 96, 55, 55},  {"pool1", 96, 27, 27},
         {"conv2", 256, 27, 27}, {"relu2", 256, 27, 27}, {"norm2", 256, 27, 27}, {"pool2", 256, 13, 13},
         {"conv3", 384, 13, 13}, {"relu3", 384, 13, 13}, {"conv4", 384, 13, 13}, {"relu4", 384, 13, 13},
         {"conv5", 256, 13, 13}, {"relu5", 256, 13, 13}, {"pool5", 256, 6, 6},   {"fc6", 4096, 1, 1},
         {"relu6", 4096, 1, 1},  {"drop6", 4096, 1, 1},  {"fc7", 4096, 1, 1},    {"relu7", 4096, 1, 1},
         {"drop7", 4096, 1, 1},  {"fc8", 1000, 1, 1},    {"prob", 1000, 1, 1}});
}

TEST(Shapes, Caffenet) {
    expect_shapes(
        "caffenet",
        {{"conv1", 96, 55, 55},  {"relu1", 96, 55, 55},  {"pool1", 96, 27, 27},  {"norm1", 96, 27, 27},
         {"conv2", 256, 27, 27}, {"relu2", 256, 27, 27}, {"pool2", 256, 13, 13}, {"norm2", 256, 13, 13},
         {"conv3", 384, 13, 13}, {"relu3", 384, 13, 13}, {"conv4", 384, 13, 13}, {"relu4", 384, 13, 13},
         {"conv5", 256, 13, 13}, {"relu5", 256, 13, 13}, {"pool5", 256, 6, 6},   {"fc6", 4096, 1, 1},
         {"relu6", 4096, 1, 1},  {"drop6", 4096, 1, 1},  {"fc7", 4096, 1, 1},    {"relu7", 4096, 1, 1},
         {"drop7", 4096, 1, 1},  {"fc8", 1000, 1, 1},    {"prob", 1000, 1, 1}});
}

TEST(Shapes, AlexnetTorchvision) {
    expect_shapes(
        "alexnet-torchvision",
        {{"conv1", 64, 55, 55},  {"relu1", 64, 55, 55},  {"pool1", 64, 27, 27},  {"conv2", 192, 27, 27},
         {"relu2", 192, 27, 27}, {"pool2", 192, 13, 13}, {"conv3", 384, 13, 13}, {"relu3", 384, 13, 13},
         {"conv4", 256, 13, 13}, {"relu4", 256, 13, 13}, {"conv5", 256, 13, 13}, {"relu5", 256, 13, 13},
         {"pool5", 256, 6, 6},   {"drop6", 256, 6, 6},   {"fc6", 4096, 1, 1},    {"relu6", 4096, 1, 1},
         {"drop7", 4096, 1, 1},  {"fc7", 4096, 1, 1},    {"relu7", 4096, 1, 1},  {"fc8", 1000, 1, 1},
         {"prob", 1000, 1, 1}});
}

TEST(Shapes, Photo) {
    expect_shapes(
        "photo",
        {{"conv1", 96, 38, 58},  {"relu1", 96, 38, 58},  {"pool1", 96, 19, 29},     {"norm1", 96, 19, 29},
         {"conv2", 256, 19, 29}, {"relu2", 256, 19, 29}, {"pool2", 256, 9, 14},     {"norm2", 256, 9, 14},
         {"conv3", 384, 9, 14},  {"relu3", 384, 9, 14},  {"conv4", 384, 9, 14},     {"relu4", 384, 9, 14},
         {"conv5", 256, 9, 14},  {"relu5", 256, 9, 14},  {"pool5", 256, 4, 7},      {"fc6_photo", 4096, 1, 1},
         {"relu6", 4096, 1, 1},  {"drop6", 4096, 1, 1},  {"fc7_photo", 4096, 1, 1}, {"relu7", 4096, 1, 1},
         {"drop7", 4096, 1, 1},  {"fc8_photo", 2, 1, 1}, {"prob", 2, 1, 1}});
}

TEST(Shapes, PhotoMini) {
    expect_shapes("photo-mini",
                  {{"conv1", 24, 30, 46}, {"relu1", 24, 30, 46}, {"pool1", 24, 15, 23}, {"norm1", 24, 15, 23},
                   {"conv2", 48, 15, 23}, {"relu2", 48, 15, 23}, {"pool2", 48, 7, 11},  {"norm2", 48, 7, 11},
                   {"conv3", 64, 7, 11},  {"relu3", 64, 7, 11},  {"conv4", 64, 7, 11},  {"relu4", 64, 7, 11},
                   {"conv5", 48, 7, 11},  {"relu5", 48, 7, 11},  {"pool5", 48, 3, 5},   {"fc6", 96, 1, 1},
                   {"relu6", 96, 1, 1},   {"drop6", 96, 1, 1},   {"fc7", 2, 1, 1},      {"prob", 2, 1, 1}});
}

// A fire module of `squeeze` and twice `expand` channels at a size of side x side.
void add_fire(std::vector<Row>& table, const std::vector<const char*>& names, std::int64_t squeeze,
              std::int64_t expand, std::int64_t side) {
    for (std::size_t i = 0; i < 2; ++i) table.push_back({names[i], squeeze, side, side});
    for (std::size_t i = 2; i < 6; ++i) table.push_back({names[i], expand, side, side});
    table.push_back({names[6], 2 * expand, side, side});
}

TEST(Shapes, Squeezenet) {
    std::vector<std::string> storage;
    storage.reserve(8 * 7);
    const auto names = [&](const std::string& module) {
        std::vector<const char*> list;
        for (const char* name : {"conv1x1_1", "relu_conv1x1_1", "conv1x1_2", "relu_conv1x1_2", "conv3x3_2",
                                 "relu_conv3x3_2", "concat"})
            list.push_back(storage.emplace_back(module + "/" + name).c_str());
        return list;
    };
    std::vector<Row> table = {{"conv1", 96, 111, 111}, {"relu_conv1", 96, 111, 111}, {"pool1", 96, 55, 55}};
    add_fire(table, names("fire2"), 16, 64, 55);
    add_fire(table, names("fire3"), 16, 64, 55);
    add_fire(table, names("fire4"), 32, 128, 55);
    table.push_back({"pool4", 256, 27, 27});
    add_fire(table, names("fire5"), 32, 128, 27);
    add_fire(table, names("fire6"), 48, 192, 27);
    add_fire(table, names("fire7"), 48, 192, 27);
    add_fire(table, names("fire8"), 64, 256, 27);
    table.push_back({"pool8", 512, 13, 13});
    add_fire(table, names("fire9"), 64, 256, 13);
    table.insert(table.end(), {{"drop9", 512, 13, 13},
                               {"conv_final", 1000, 15, 15},
                               {"relu_conv_final", 1000, 15, 15},
                               {"pool_final", 1000, 1, 1},
                               {"prob", 1000, 1, 1}});
    expect_shapes("squeezenet", table);
}

TEST(Shapes, SetupServesAnotherBatchSize) {
    const auto conv = make_layer("conv", {{"outputs", std::int64_t{4}}, {"kernel", std::int64_t{3}}});
    EXPECT_EQ(conv->setup({{1, 3, 8, 8}}).at(0), (Shape{1, 4, 6, 6}));
    EXPECT_EQ(conv->setup({{7, 3, 8, 8}}).at(0), (Shape{7, 4, 6, 6}));

    const auto pool = make_layer("pool", {{"mode", "average"}, {"global", true}});
    EXPECT_EQ(pool->setup({{1, 5, 9, 4}}).at(0), (Shape{1, 5, 1, 1}));
    EXPECT_EQ(pool->setup({{3, 5, 2, 6}}).at(0), (Shape{3, 5, 1, 1}));
}

TEST(Shapes, KernelsNeedNotBeSquare) {
    const auto conv = make_layer("conv", {{"outputs", std::int64_t{8}},
                                          {"kernel_h", std::int64_t{3}},
                                          {"kernel_w", std::int64_t{5}},
                                          {"stride_h", std::int64_t{1}},
                                          {"stride_w", std::int64_t{2}},
                                          {"pad_h", std::int64_t{1}},
                                          {"pad_w", std::int64_t{0}},
                                          {"groups", std::int64_t{2}},
                                          {"bias", false}});
    // Rows (10 + 2 - 3) / 1 + 1 = 10, columns (20 - 5) / 2 + 1 = 8.
    EXPECT_EQ(conv->setup({{2, 6, 10, 20}}).at(0), (Shape{2, 8, 10, 8}));
    const auto parameters = conv->parameters();
    ASSERT_EQ(parameters.size(), 1U);
    EXPECT_EQ(parameters[0].shape, (std::vector<std::int64_t>{8, 3, 3, 5}));
}

TEST(Shapes, ConcatAddsChannels) {
    const auto concat = make_layer("concat");
    EXPECT_EQ(concat->setup({{2, 3, 5, 7}, {2, 10, 5, 7}, {2, 1, 5, 7}}).at(0), (Shape{2, 14, 5, 7}));
}

}  // namespace
}  // namespace emulsion::test
