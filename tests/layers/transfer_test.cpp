// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The start of fine-tuning: what has the same name is taken over, what is new is filled, and the report
// says which was which.
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

TEST(Transfer, TakesOverByNameAndFillsTheRest) {
    const auto source = initialise(small_net(), 1);
    TransferReport report;
    const auto tuned = transfer(with_new_classifier(5), *source, 2, &report);

    EXPECT_EQ(report.loaded, (Names{"conv1.weight", "conv1.bias"}));
    EXPECT_EQ(report.initialised, (Names{"fc2_new.weight", "fc2_new.bias"}));
    EXPECT_EQ(report.left_over, (Names{"fc2.weight", "fc2.bias"}));
    EXPECT_TRUE(same(weights(*tuned, "conv1.weight"), weights(*source, "conv1.weight")));
    EXPECT_TRUE(same(weights(*tuned, "conv1.bias"), weights(*source, "conv1.bias")));

    const auto fresh = initialise(with_new_classifier(5), 2);
    EXPECT_TRUE(same(weights(*tuned, "fc2_new.weight"), weights(*fresh, "fc2_new.weight")));
    EXPECT_FALSE(same(weights(*tuned, "conv1.weight"), weights(*fresh, "conv1.weight")));
    EXPECT_EQ(tuned->net(), with_new_classifier(5));
    EXPECT_EQ(tuned->provenance().at("transferred_from"), "small");
}

TEST(Transfer, OutlivesItsSource) {
    std::shared_ptr<const Model> tuned;
    {
        const auto source = initialise(small_net(), 1);
        tuned = transfer(with_new_classifier(3), *source, 2);
    }
    EXPECT_TRUE(same(weights(*tuned, "conv1.weight"), weights(*initialise(small_net(), 1), "conv1.weight")));
}

TEST(Transfer, TheSameNetIsACopy) {
    const auto source = initialise(small_net(), 1);
    TransferReport report;
    expect_same_weights(*transfer(small_net(), *source, 2, &report), *source);
    EXPECT_TRUE(report.initialised.empty());
    EXPECT_TRUE(report.left_over.empty());
}

TEST(Transfer, ACommonNameOfAnotherShapeIsAnError) {
    NetDef net = small_net();
    net.name = "tuned";
    net.layers[3].attributes.set("outputs", std::int64_t{5});
    const auto source = initialise(small_net(), 1);
    EXPECT_EQ(
        error_of(Error::Kind::data, [&] { transfer(net, *source, 2); }),
        "fc2.weight is 2x36 in small and 5x36 here; fc2.bias is 2 in small and 5 here: rename the layer "
        "to start it afresh");
}

// The paper's fine-tuning: ImageNet's convolutions, a new classifier.
TEST(Transfer, FromCaffenetToThePapersNet) {
    NetDef caffenet = compose("caffenet"), photo = compose("photo");
    // Narrow classifiers keep the test small; their names are what matters.
    for (NetDef* net : {&caffenet, &photo})
        for (LayerDef& layer : net->layers)
            if (layer.type == "fc") layer.attributes.set("outputs", std::int64_t{2});
    TransferReport report;
    transfer(photo, *initialise(caffenet, 1), 2, &report);
    EXPECT_EQ(report.loaded,
              (Names{"conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias", "conv3.weight", "conv3.bias",
                     "conv4.weight", "conv4.bias", "conv5.weight", "conv5.bias"}));
    EXPECT_EQ(report.initialised, (Names{"fc6_photo.weight", "fc6_photo.bias", "fc7_photo.weight",
                                         "fc7_photo.bias", "fc8_photo.weight", "fc8_photo.bias"}));
    EXPECT_EQ(report.left_over,
              (Names{"fc6.weight", "fc6.bias", "fc7.weight", "fc7.bias", "fc8.weight", "fc8.bias"}));
}

}  // namespace
}  // namespace emulsion::test
