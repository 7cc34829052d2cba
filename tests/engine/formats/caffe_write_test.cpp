// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Emulsion's nets as Caffe's files, and back.
#include <emulsion/emulsion.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "engine/formats/readers.h"
#include "tests/engine/nets.h"
#include "tests/engine/support.h"

namespace emulsion::formats {
namespace {

using namespace emulsion::test;

class CaffeRoundTrip : public ::testing::TestWithParam<const char*> {};

TEST_P(CaffeRoundTrip, NetAndWeightsAreEqualToTheBit) {
    const TemporaryFolder folder;
    const auto model = emulsion::testing::seeded(compose(GetParam()));
    write_prototxt(model->net(), folder / "net.prototxt");
    write_caffemodel(*model, folder / "net.caffemodel");
    const Imported text = read_prototxt(folder / "net.prototxt");
    const Imported binary = read_caffemodel(folder / "net.caffemodel");

    EXPECT_TRUE(text.ignored.empty()) << text.ignored[0];
    EXPECT_TRUE(binary.ignored.empty()) << binary.ignored[0];
    ASSERT_TRUE(text.net && binary.net);
    EXPECT_EQ(*text.net, *binary.net);
    NetDef expected = model->net();
    expected.classes.clear();
    expected.preprocessing.portrait = Preprocessing::Portrait::keep;
    const bool said = std::string(GetParam()) != "photo-mini";  // which cuts out a rectangle
    EXPECT_EQ(text.preprocessing_known, said);
    if (!said) expected.preprocessing = text.net->preprocessing;
    EXPECT_EQ(*text.net, expected) << to_json(*text.net) << "\n" << to_json(expected);

    ASSERT_EQ(binary.tensors.size(), model->parameters().size());
    for (std::size_t i = 0; i < binary.tensors.size(); ++i) {
        const ForeignTensor& tensor = binary.tensors[i];
        EXPECT_EQ(tensor.name, model->parameters()[i].name);
        EXPECT_EQ(tensor.shape, model->parameters()[i].shape);
        const auto weights = model->weights(i);
        ASSERT_EQ(tensor.values.size(), weights.size());
        EXPECT_EQ(std::memcmp(tensor.values.data(), weights.data(), weights.size_bytes()), 0) << tensor.name;
    }
}

INSTANTIATE_TEST_SUITE_P(Nets, CaffeRoundTrip,
                         ::testing::Values("alexnet", "caffenet", "photo", "photo-mini", "squeezenet"),
                         [](const auto& param_info) {
                             std::string name = param_info.param;
                             std::ranges::replace(name, '-', '_');
                             return name;
                         });

TEST(CaffeWrite, SaysWhatCaffeHasNoWordsFor) {
    const TemporaryFolder folder;
    write_prototxt(compose("photo"), folder / "net.prototxt");
    const std::string text = contents(folder / "net.prototxt");
    EXPECT_EQ(text.substr(0, text.find("name:")),
              "# Written by Emulsion.\n"
              "# Caffe has no words for this: photos taller than wide are turned first.\n");
    write_prototxt(compose("photo-mini"), folder / "mini.prototxt");
    EXPECT_NE(contents(folder / "mini.prototxt").find("not square"), std::string::npos);
}

TEST(CaffeWrite, RoundingDownIsKept) {
    const TemporaryFolder folder;
    const NetDef net = compose("alexnet-torchvision");
    write_prototxt(net, folder / "net.prototxt");
    const Imported imported = read_prototxt(folder / "net.prototxt");
    ASSERT_EQ(imported.net->layers.size(), net.layers.size());
    for (std::size_t i = 0; i < net.layers.size(); ++i)
        EXPECT_EQ(imported.net->layers[i].attributes, net.layers[i].attributes);
    EXPECT_FALSE(imported.preprocessing_known);
}

TEST(CaffeWrite, WhatCaffeLacksIsRefused) {
    const TemporaryFolder folder;
    const std::string path = folder / "net.prototxt";
    const auto refusal = [&](const std::string& type, const Attributes& attributes) {
        NetDef net = compose("photo-mini");
        net.layers.push_back({"x", type, {"prob"}, {"x"}, attributes, {}});
        const std::string message = error_of(Error::Kind::data, [&] { write_prototxt(net, path); });
        EXPECT_EQ(folder.names().size(), 0U);
        return message.substr(path.size());
    };
    EXPECT_EQ(refusal("swirl", {}), ": layer x is of type swirl, which Caffe does not have");
    EXPECT_EQ(refusal("relu", {{"slope", 0.5}}), ": layer x has the setting 'slope', which Caffe lacks");
    const std::int64_t kernel = 3, pad = 1;
    EXPECT_EQ(refusal("pool", {{"mode", "average"}, {"kernel", kernel}, {"pad", pad}, {"divisor", "inside"}}),
              ": layer x averages without its padding; Caffe's count it in");
}

}  // namespace
}  // namespace emulsion::formats
