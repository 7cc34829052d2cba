// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The importer's own judgement: which net a file holds, whose weights these are, and what it refuses.
#include <emulsion/error.h>
#include <emulsion/import.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "layers/import/dialect.h"
#include "layers/import/match.h"
#include "layers/import/structure.h"

namespace emulsion {
namespace {

using formats::ForeignTensor;

std::vector<ForeignTensor> tensors_of(const Model& model) {
    std::vector<ForeignTensor> tensors;
    for (std::size_t i = 0; i < model.parameters().size(); ++i) {
        const Parameter& p = model.parameters()[i];
        tensors.push_back({p.name, p.shape, model.weights(i), nullptr, p.name});
    }
    return tensors;
}

std::string refusal(const NetDef& net, const std::vector<ForeignTensor>& tensors) {
    ImportReport report;
    try {
        match(net, tensors, {}, "file", report);
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), Error::Kind::data);
        return error.what();
    }
    return "";
}

TEST(Dialects, TellTheThreeAlexNetsApart) {
    EXPECT_EQ(dialect_of(compose("alexnet")), "BVLC AlexNet");
    EXPECT_EQ(dialect_of(compose("caffenet")), "CaffeNet");
    EXPECT_EQ(dialect_of(compose("alexnet-torchvision")), "torchvision's AlexNet");
    EXPECT_EQ(dialect_of(compose("photo")), "the paper's net");
    EXPECT_EQ(dialect_of(compose("squeezenet")), "SqueezeNet 1.0");
}

TEST(Dialects, NamesClassesAndDropoutMakeNoDifference) {
    NetDef net = compose("alexnet");
    net.name = "mine";
    std::erase_if(net.layers, [](const LayerDef& layer) { return layer.type == "softmax"; });
    for (LayerDef& layer : net.layers) {
        if (layer.name == "fc8") layer.attributes.set("outputs", std::int64_t{2});
        if (layer.type == "dropout") layer.attributes.set("ratio", 0.6);
    }
    EXPECT_EQ(dialect_of(net), "BVLC AlexNet");
}

TEST(Dialects, OtherSettingsMakeAnotherNet) {
    NetDef net = compose("alexnet");
    for (LayerDef& layer : net.layers) {
        if (layer.name == "norm1") layer.attributes.set("beta", 0.5);
    }
    EXPECT_EQ(dialect_of(net), "");
}

TEST(Dialects, TensorsAloneTellWhereOnlyOneNetHasThem) {
    const auto torchvision = initialise(compose("alexnet-torchvision"), 1);
    std::vector<ForeignTensor> tensors = tensors_of(*torchvision);
    for (ForeignTensor& tensor : tensors) tensor.name = torch_name(tensor.name);
    EXPECT_EQ(tensors[0].name, "features.0.weight");
    const auto found = find_dialects(tensors);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_STREQ(found[0]->net, "alexnet-torchvision");
    // BVLC AlexNet's and CaffeNet's tensors are the same by name and shape.
    EXPECT_EQ(find_dialects(tensors_of(*initialise(compose("caffenet"), 1))).size(), 2U);
}

TEST(Structure, NamesTheFirstDifference) {
    EXPECT_EQ(difference_between(compose("caffenet"), compose("caffenet")), "");
    EXPECT_EQ(difference_between(compose("caffenet"), compose("alexnet")),
              "between conv1 and conv2 it has relu, pool, lrn, and the net has relu, lrn, pool");
    NetDef other = compose("caffenet");
    for (LayerDef& layer : other.layers) {
        if (layer.name == "norm1") layer.attributes.set("size", std::int64_t{3});
    }
    EXPECT_EQ(difference_between(other, compose("caffenet")),
              "between conv1 and conv2 it has lrn alpha=0.0001 beta=0.75 size=3, and the net has lrn "
              "alpha=0.0001 beta=0.75 size=5");
    other = compose("caffenet");
    other.layers[0].attributes.set("stride", std::int64_t{2});
    EXPECT_EQ(difference_between(other, compose("caffenet")),
              "conv1 is conv kernel=11 stride=2, and in the net conv kernel=11 stride=4");
    // Fine-tuning: the paper's net has CaffeNet's order, and fully connected layers of its own.
    EXPECT_EQ(difference_between(compose("caffenet"), compose("photo")), "");
}

// A file may be alike throughout: comparing takes room and time in proportion to its size.
TEST(Structure, ForksOfLongWaysAreNoTrouble) {
    NetDef net;
    std::string value = "data";
    for (int i = 0; i < 20'000; ++i) {
        const std::string made = "relu" + std::to_string(i);
        net.layers.push_back({made, "relu", {value}, {made}, {}, {}});
        value = made;
    }
    for (int i = 0; i < 20'000; ++i) {
        const std::string made = "fc" + std::to_string(i);
        net.layers.push_back({made, "fc", {value}, {made}, {{"outputs", std::int64_t{1}}}, {}});
    }
    EXPECT_EQ(difference_between(net, net), "");
}

// Two convolutions of one value, joined, and a third after them.
NetDef forked() {
    const Attributes window = {{"outputs", std::int64_t{4}}, {"kernel", std::int64_t{1}}};
    ParamDef weight, bias;
    weight.name = "weight";
    bias.name = "bias";
    const auto conv = [&](const char* name, const char* input) {
        return LayerDef{name, "conv", {input}, {name}, window, {weight, bias}};
    };
    NetDef net;
    net.height = net.width = 8;
    net.layers = {
        conv("a", "data"),
        conv("b", "a"),
        conv("c", "a"),
        LayerDef{"join", "concat", {"b", "c"}, {"join"}, {}, {}},
        conv("d", "join"),
        LayerDef{"pool", "pool", {"d"}, {"pool"}, {{"mode", std::string("average")}, {"global", true}}, {}}};
    return net;
}

TEST(Structure, SeesHowBranchesAreJoinedAndFed) {
    EXPECT_EQ(difference_between(forked(), forked()), "");
    NetDef swapped = forked();
    std::swap(swapped.layers[3].inputs[0], swapped.layers[3].inputs[1]);
    EXPECT_EQ(difference_between(swapped, forked()), "between b and d it reads c, and the net b");
    NetDef twice = forked();
    twice.layers[3].inputs[1] = "b";
    EXPECT_EQ(difference_between(twice, forked()),
              "between b and d it joins values in another way than the net");
    NetDef fed = forked();
    fed.layers[2].inputs[0] = "b";
    EXPECT_EQ(difference_between(fed, forked()), "between a and c it reads b, and the net a");
}

TEST(Structure, SeesHowANetEnds) {
    NetDef other = forked();
    other.layers[5].attributes.set("mode", std::string("max"));
    EXPECT_NE(difference_between(other, forked()).find("after d it has pool"), std::string::npos)
        << difference_between(other, forked());
    NetDef closed = forked();
    closed.layers.push_back({"prob", "softmax", {"pool"}, {"prob"}, {}, {}});
    EXPECT_EQ(difference_between(closed, forked()), "");
}

TEST(ImportNet, AnEmptyNameIsAnError) {
    EXPECT_THROW(import_net(""), Error);
}

TEST(Match, TakesEveryTensorToTheBit) {
    const auto source = initialise(compose("photo-mini"), 7);
    ImportReport report;
    const auto model = match(source->net(), tensors_of(*source), {}, "file", report);
    EXPECT_EQ(report.loaded.size(), source->parameters().size());
    EXPECT_TRUE(report.missing.empty() && report.left_over.empty() && report.misshapen.empty());
    for (std::size_t i = 0; i < source->parameters().size(); ++i)
        EXPECT_TRUE(std::ranges::equal(model->weights(i), source->weights(i))) << i;
}

TEST(Match, SidesOfOneMakeNoDifference) {
    const auto source = initialise(compose("photo-mini"), 7);
    std::vector<ForeignTensor> tensors = tensors_of(*source);
    for (ForeignTensor& tensor : tensors) {
        if (tensor.shape.size() == 2) tensor.shape.insert(tensor.shape.begin(), {1, 1});
    }
    EXPECT_EQ(refusal(source->net(), tensors), "");
}

TEST(Match, RefusesAPartialImportByName) {
    const auto source = initialise(compose("photo-mini"), 7);
    std::vector<ForeignTensor> tensors = tensors_of(*source);
    tensors[2].name = "conv9.weight";
    std::swap(tensors[4].shape[0], tensors[4].shape[1]);
    const std::string message = refusal(source->net(), tensors);
    for (const char* part : {"file: ", "conv2.weight is missing", "conv9.weight is left over",
                             "conv3.weight is 48x64x3x3 and should be 64x48x3x3", "--allow-missing"})
        EXPECT_NE(message.find(part), std::string::npos) << part << " in " << message;
}

TEST(Match, ImportsTheRestWhereAsked) {
    const auto source = initialise(compose("photo-mini"), 7);
    std::vector<ForeignTensor> tensors = tensors_of(*source);
    tensors.erase(tensors.begin());
    ImportOptions options;
    options.allow_missing = true;
    options.seed = 3;
    ImportReport report;
    const auto model = match(source->net(), tensors, options, "file", report);
    const auto fresh = initialise(source->net(), 3);
    EXPECT_TRUE(std::ranges::equal(model->weights(0), fresh->weights(0)));
    EXPECT_TRUE(std::ranges::equal(model->weights(1), source->weights(1)));
    EXPECT_EQ(report.missing, std::vector<std::string>{"conv1.weight is missing"});
}

TEST(Match, RefusesNumbersThatAreNotFinite) {
    const auto source = initialise(compose("photo-mini"), 7);
    std::vector<ForeignTensor> tensors = tensors_of(*source);
    std::vector<float> bad(tensors[3].values.begin(), tensors[3].values.end());
    bad.back() = std::numeric_limits<float>::quiet_NaN();
    tensors[3].values = bad;
    EXPECT_EQ(refusal(source->net(), tensors), "file: conv2.bias holds a number that is not finite");
}

TEST(Match, CannotTellDialectsApartByTensors) {
    const auto source = initialise(compose("caffenet"), 1);
    EXPECT_EQ(refusal(compose("alexnet"), tensors_of(*source)), "")
        << "by tensors alone they agree: the structure must tell (Structure.NamesTheFirstDifference)";
}

}  // namespace
}  // namespace emulsion
