// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The named nets as data: what tells them apart, their rates, fillers and preprocessing.
#include <emulsion/error.h>
#include <emulsion/model.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

namespace emulsion::test {
namespace {

const LayerDef& layer(const NetDef& net, const std::string& name) {
    for (const LayerDef& def : net.layers)
        if (def.name == name) return def;
    throw std::out_of_range(net.name + " has no layer " + name);
}

const std::string& input_of(const NetDef& net, const std::string& name) {
    return layer(net, name).inputs.at(0);
}

TEST(Nets, NamesAreKnown) {
    const auto names = net_names();
    const std::set<std::string> expected = {"alexnet", "caffenet",   "alexnet-torchvision",
                                            "photo",   "photo-mini", "squeezenet"};
    EXPECT_EQ(std::set<std::string>(names.begin(), names.end()), expected);
    for (const std::string& name : names) EXPECT_EQ(compose(name).name, name);
}

TEST(Nets, AnUnknownNameIsAUsageError) {
    try {
        compose("alexnett");
        FAIL() << "composed";
    } catch (const Error& e) {
        EXPECT_EQ(e.kind(), Error::Kind::usage);
        EXPECT_STREQ(e.what(),
                     "no net is called 'alexnett'; there are alexnet, caffenet, alexnet-torchvision, photo, "
                     "photo-mini, squeezenet");
    }
}

// Every layer's output is named like the layer, every value has one maker, and every net ends in "prob".
TEST(Nets, AreWellFormed) {
    for (const std::string& name : net_names()) {
        const NetDef net = compose(name);
        std::set<std::string> made = {"data"};
        for (const LayerDef& def : net.layers) {
            for (const std::string& input : def.inputs)
                EXPECT_TRUE(made.contains(input)) << name << " " << input;
            ASSERT_EQ(def.outputs, std::vector<std::string>{def.name}) << name;
            EXPECT_TRUE(made.insert(def.name).second) << name << " " << def.name;
            EXPECT_EQ(def.params.size(), def.type == "conv" || def.type == "fc" ? 2U : 0U) << def.name;
        }
        EXPECT_EQ(net.layers.back().type, "softmax") << name;
        EXPECT_EQ(net.layers.back().name, "prob") << name;
        EXPECT_EQ(net.preprocessing.crop_height, net.height) << name;
        EXPECT_EQ(net.preprocessing.crop_width, net.width) << name;
        EXPECT_LE(net.height, net.preprocessing.height) << name;
        EXPECT_LE(net.width, net.preprocessing.width) << name;
    }
}

TEST(Nets, SurviveJson) {
    for (const std::string& name : net_names())
        EXPECT_EQ(net_from_json(to_json(compose(name)), name), compose(name)) << name;
}

TEST(Nets, AlexnetNormalisesBeforePoolingAndCaffenetAfter) {
    EXPECT_EQ(input_of(compose("alexnet"), "norm1"), "relu1");
    EXPECT_EQ(input_of(compose("alexnet"), "pool1"), "norm1");
    for (const char* name : {"caffenet", "photo", "photo-mini"}) {
        EXPECT_EQ(input_of(compose(name), "pool1"), "relu1") << name;
        EXPECT_EQ(input_of(compose(name), "norm1"), "pool1") << name;
    }
}

TEST(Nets, TorchvisionDropsBeforeTheFullyConnectedLayers) {
    const NetDef net = compose("alexnet-torchvision");
    EXPECT_EQ(input_of(net, "fc6"), "drop6");
    EXPECT_EQ(input_of(net, "drop6"), "pool5");
    EXPECT_EQ(input_of(net, "fc7"), "drop7");
    EXPECT_EQ(input_of(net, "fc8"), "relu7");
    EXPECT_TRUE(std::ranges::none_of(net.layers, [](const LayerDef& def) { return def.type == "lrn"; }));
    EXPECT_FALSE(net.preprocessing.bgr);
    EXPECT_EQ(net.preprocessing.fit, Preprocessing::Fit::short_side);
    // A pixel of 255 becomes (1 - mean) / deviation.
    const double expected[] = {(1 - 0.485) / 0.229, (1 - 0.456) / 0.224, (1 - 0.406) / 0.225};
    for (std::size_t c = 0; c < 3; ++c) {
        const double white = (255.0 - net.preprocessing.mean[c]) * net.preprocessing.scale[c];
        EXPECT_NEAR(white, expected[c], 1e-6 * 255 / 57) << c;  // two floats, each rounded to 2^-24
    }
}

TEST(Nets, CaffesNetsSeeBlueFirst) {
    for (const char* name : {"alexnet", "caffenet", "squeezenet"}) {
        const Preprocessing p = compose(name).preprocessing;
        EXPECT_TRUE(p.bgr) << name;
        EXPECT_EQ(p.mean, (std::array<float, 3>{104, 117, 123})) << name;
        EXPECT_EQ(p.scale, (std::array<float, 3>{1, 1, 1})) << name;
        EXPECT_EQ(p.fit, Preprocessing::Fit::squash) << name;
        EXPECT_EQ(std::pair(p.height, p.width), std::pair(256, 256)) << name;
    }
}

TEST(Nets, ThePapersNetTurnsPortraitsAndCropsNothing) {
    const NetDef net = compose("photo");
    const Preprocessing& p = net.preprocessing;
    EXPECT_EQ(p.portrait, Preprocessing::Portrait::rotate);
    EXPECT_EQ(p.fit, Preprocessing::Fit::squash);
    EXPECT_EQ(std::pair(p.height, p.width), std::pair(159, 240));
    EXPECT_EQ(net.classes, (std::vector<std::string>{"plain", "pleasing"}));
}

TEST(Nets, ThePapersRates) {
    const NetDef net = compose("photo");
    const auto rates = [&](const std::string& name) {
        const auto& params = layer(net, name).params;
        return std::array{params.at(0).rate_mult, params.at(0).decay_mult, params.at(1).rate_mult,
                          params.at(1).decay_mult};
    };
    for (const char* name : {"conv1", "conv2", "conv3", "conv4", "conv5"})
        EXPECT_EQ(rates(name), (std::array{0.1, 0.1, 0.2, 0.0})) << name;
    for (const char* name : {"fc6_photo", "fc7_photo", "fc8_photo"})
        EXPECT_EQ(rates(name), (std::array{1.0, 1.0, 2.0, 0.0})) << name;
    EXPECT_EQ(layer(net, "drop6").attributes.real("ratio", 0), 0.6);
    EXPECT_EQ(layer(net, "drop7").attributes.real("ratio", 0), 0.6);
}

TEST(Nets, KrizhevskysNormalisation) {
    for (const char* name : {"alexnet", "caffenet", "photo", "photo-mini"}) {
        const NetDef net = compose(name);
        for (const char* norm : {"norm1", "norm2"}) {
            const Attributes& settings = layer(net, norm).attributes;
            EXPECT_EQ(settings.integer("size"), 5) << name;
            EXPECT_EQ(settings.real("alpha", 0), 1e-4) << name;
            EXPECT_EQ(settings.real("beta", 0), 0.75) << name;
            EXPECT_EQ(settings.real("k", 1), 1) << name;
        }
    }
}

// A fire module's 1x1 channels come before its 3x3 channels.
TEST(Nets, FireModules) {
    const NetDef net = compose("squeezenet");
    EXPECT_EQ(layer(net, "fire2/concat").inputs,
              (std::vector<std::string>{"fire2/relu_conv1x1_2", "fire2/relu_conv3x3_2"}));
    EXPECT_EQ(input_of(net, "fire2/conv1x1_1"), "pool1");
    EXPECT_EQ(input_of(net, "fire2/conv1x1_2"), "fire2/relu_conv1x1_1");
    EXPECT_EQ(input_of(net, "fire2/conv3x3_2"), "fire2/relu_conv1x1_1");
    EXPECT_EQ(input_of(net, "fire3/conv1x1_1"), "fire2/concat");
}

TEST(Nets, FillersOfTheAlexnetFamily) {
    const std::map<std::string, double> first_bias = {{"alexnet", 0.1}, {"caffenet", 1}, {"photo", 1}};
    for (const auto& [name, bias] : first_bias) {
        const NetDef net = compose(name);
        for (const LayerDef& def : net.layers) {
            if (def.params.empty()) continue;
            const std::string& at = def.name;
            const bool narrow = at.starts_with("fc6") || at.starts_with("fc7");
            const bool starts_at_zero = at == "conv1" || at == "conv3" || at.starts_with("fc8");
            EXPECT_EQ(def.params[0].filler.kind, Filler::Kind::gaussian) << name << " " << at;
            EXPECT_EQ(def.params[0].filler.deviation, narrow ? 0.005 : 0.01) << name << " " << at;
            EXPECT_EQ(def.params[1].filler.kind, Filler::Kind::constant) << name << " " << at;
            EXPECT_EQ(def.params[1].filler.value, starts_at_zero ? 0 : bias) << name << " " << at;
        }
    }
}

TEST(Nets, ThePapersNetInMiniatureHasEveryLayerTypeOfThePapersNet) {
    const auto types = [](const std::string& name) {
        std::set<std::string> found;
        for (const LayerDef& def : compose(name).layers) found.insert(def.type);
        return found;
    };
    EXPECT_EQ(types("photo-mini"), types("photo"));
    EXPECT_EQ(layer(compose("photo-mini"), "conv2").attributes.integer("groups", 1), 2);
}

}  // namespace
}  // namespace emulsion::test
