// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The start of fine-tuning: what has the same name is taken over, what is new is filled, and the report
// says which was which.
#include <emulsion/import.h>

#include <algorithm>

#include "tests/engine/support.h"
#include "tests/layers/small_model.h"

namespace emulsion::test {
namespace {

using Names = std::vector<std::string>;

std::span<const float> weights(const Model& model, const std::string& name) {
    for (std::size_t i = 0; i < model.parameters().size(); ++i)
        if (model.parameters()[i].name == name) return model.weights(i);
    throw std::out_of_range(name);
}

bool same(std::span<const float> a, std::span<const float> b) {
    return std::ranges::equal(a, b);
}

NetDef with_new_classifier(std::int64_t outputs) {
    NetDef net = small_net();
    net.name = "tuned";
    net.layers[3].name = "fc2_new";
    net.layers[3].attributes.set("outputs", outputs);
    return net;
}

ImportOptions seeded(std::uint64_t seed) {
    ImportOptions options;
    options.seed = seed;
    return options;
}

Names first_words(const Names& lines) {
    Names words;
    for (const std::string& line : lines) words.push_back(line.substr(0, line.find(' ')));
    return words;
}

TEST(StartFrom, TakesOverByNameAndFillsTheRest) {
    const auto source = initialise(small_net(), 1);
    ImportReport report;
    const auto tuned = start_from(source, with_new_classifier(5), seeded(2), &report);

    EXPECT_EQ(report.loaded, (Names{"conv1.weight 4x3x3x3", "conv1.bias 4"}));
    EXPECT_EQ(report.missing, (Names{"fc2_new.weight is missing", "fc2_new.bias is missing"}));
    EXPECT_EQ(report.left_over, (Names{"fc2.bias is left over", "fc2.weight is left over"}));
    EXPECT_TRUE(same(weights(*tuned, "conv1.weight"), weights(*source, "conv1.weight")));
    EXPECT_TRUE(same(weights(*tuned, "conv1.bias"), weights(*source, "conv1.bias")));

    const auto fresh = initialise(with_new_classifier(5), 2);
    EXPECT_TRUE(same(weights(*tuned, "fc2_new.weight"), weights(*fresh, "fc2_new.weight")));
    EXPECT_FALSE(same(weights(*tuned, "conv1.weight"), weights(*fresh, "conv1.weight")));
    EXPECT_EQ(tuned->net(), with_new_classifier(5));
}

TEST(StartFrom, OutlivesItsSource) {
    std::shared_ptr<const Model> tuned;
    {
        const auto source = initialise(small_net(), 1);
        tuned = start_from(source, with_new_classifier(3), seeded(2));
    }
    EXPECT_TRUE(same(weights(*tuned, "conv1.weight"), weights(*initialise(small_net(), 1), "conv1.weight")));
}

TEST(StartFrom, TheSameNetIsACopy) {
    const auto source = initialise(small_net(), 1);
    ImportReport report;
    expect_same_weights(*start_from(source, small_net(), seeded(2), &report), *source);
    EXPECT_TRUE(report.missing.empty());
    EXPECT_TRUE(report.left_over.empty());
}

TEST(StartFrom, ACommonNameOfAnotherShapeStartsAfreshAndIsNamed) {
    NetDef net = small_net();
    net.layers[3].attributes.set("outputs", std::int64_t{5});
    ImportReport report;
    const auto tuned = start_from(initialise(small_net(), 1), net, seeded(2), &report);
    EXPECT_EQ(report.misshapen,
              (Names{"fc2.weight is 2x36 and should be 5x36", "fc2.bias is 2 and should be 5"}));
    EXPECT_TRUE(same(weights(*tuned, "fc2.weight"), weights(*initialise(net, 2), "fc2.weight")));
}

TEST(StartFrom, NothingInCommonIsAnError) {
    NetDef net = small_net();
    for (LayerDef& layer : net.layers)
        if (!layer.params.empty()) layer.name += "_new";
    EXPECT_EQ(error_of(Error::Kind::data, [&] { start_from(initialise(small_net(), 1), net); }),
              "model small: none of its tensors fits the net small");
}

// The paper's fine-tuning: ImageNet's convolutions, a new classifier.
TEST(StartFrom, FromCaffenetToThePapersNet) {
    NetDef caffenet = compose("caffenet"), photo = compose("photo");
    // Narrow classifiers keep the test small; their names are what matters.
    for (NetDef* net : {&caffenet, &photo})
        for (LayerDef& layer : net->layers)
            if (layer.type == "fc") layer.attributes.set("outputs", std::int64_t{2});
    ImportReport report;
    start_from(initialise(caffenet, 1), photo, seeded(2), &report);
    EXPECT_EQ(first_words(report.loaded),
              (Names{"conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias", "conv3.weight", "conv3.bias",
                     "conv4.weight", "conv4.bias", "conv5.weight", "conv5.bias"}));
    EXPECT_EQ(first_words(report.missing), (Names{"fc6_photo.weight", "fc6_photo.bias", "fc7_photo.weight",
                                                  "fc7_photo.bias", "fc8_photo.weight", "fc8_photo.bias"}));
    EXPECT_EQ(first_words(report.left_over),
              (Names{"fc6.bias", "fc6.weight", "fc7.bias", "fc7.weight", "fc8.bias", "fc8.weight"}));
    EXPECT_TRUE(report.notes.empty()) << "CaffeNet and the paper's net are alike between the convolutions";
}

}  // namespace
}  // namespace emulsion::test
