// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <emulsion/netdef.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "engine/json.h"
#include "tests/engine/support.h"

namespace emulsion {
namespace {

using test::accepts;
using test::error_of;

/// A net in which no field has its default value.
NetDef sample_net() {
    NetDef net;
    net.name = "photo \"net\" \u00e9";
    net.channels = 4;
    net.height = 159;
    net.width = 240;
    net.classes = {"plain", "pleasing"};
    net.preprocessing = {.decoder = Preprocessing::Decoder::scaled,
                         .orient = false,
                         .portrait = Preprocessing::Portrait::rotate,
                         .fit = Preprocessing::Fit::short_side,
                         .filter = Preprocessing::Filter::lanczos,
                         .height = 300,
                         .width = 400,
                         .crop_height = 159,
                         .crop_width = 240,
                         .bgr = false,
                         .mean = {104.00699F, 116.66877F, 122.67892F},
                         .scale = {1 / 255.F, 0.1F, -1e-30F},
                         .mean_image = {}};
    LayerDef conv{"conv1", "convolution", {"data"}, {"conv1"}, {}, {}};
    conv.attributes.set("kernel", std::int64_t{11});
    conv.attributes.set("ratio", 1.0);
    conv.attributes.set("bias", true);
    conv.attributes.set("mode", std::string("max"));
    conv.params.push_back({"weight", 0.1, 0.25, {Filler::Kind::gaussian, 0, 0.5, 0.01, 0, 1}});
    conv.params.push_back({"bias", 2, 0, {Filler::Kind::uniform, 0, 0, 0, -0.5, 0.5}});
    net.layers.push_back(conv);
    net.layers.push_back({"join", "concat", {"conv1", "data"}, {"a", "b"}, {}, {}});
    return net;
}

std::string refusal(const std::string& text) {
    return error_of(Error::Kind::data, [&] { net_from_json(text, "net"); });
}

/// The text with its first `from` replaced; `from` must be there.
std::string changed(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

TEST(Attributes, AnswersWithTheValueOrTheFallback) {
    const Attributes a{{"n", std::int64_t{3}}, {"x", 2.5}, {"on", true}, {"mode", std::string("max")}};
    EXPECT_EQ(a.integer("n"), 3);
    EXPECT_EQ(a.integer("n", 7), 3);
    EXPECT_EQ(a.integer("m", 7), 7);
    EXPECT_EQ(a.real("x", 1), 2.5);
    EXPECT_EQ(a.real("n", 1), 3.0);  // an integer serves as a real number
    EXPECT_EQ(a.real("y", 1.5), 1.5);
    EXPECT_EQ(a.flag("on", false), true);
    EXPECT_EQ(a.flag("off", false), false);
    EXPECT_EQ(a.text("mode", ""), "max");
    EXPECT_EQ(a.text("model", "none"), "none");
}

TEST(Attributes, NamesTheKeyInErrors) {
    const Attributes a{{"n", std::int64_t{3}}, {"x", 2.0}, {"on", true}, {"mode", std::string("max")}};
    const auto message = [](auto&& call) { return error_of(Error::Kind::data, call); };
    EXPECT_EQ(message([&] { a.integer("kernel"); }), "attribute \"kernel\" is missing");
    EXPECT_EQ(message([&] { a.integer("x"); }), "attribute \"x\" must be an integer, not a real number");
    EXPECT_EQ(message([&] { a.integer("mode", 1); }), "attribute \"mode\" must be an integer, not text");
    EXPECT_EQ(message([&] { a.real("on", 1); }), "attribute \"on\" must be a number, not true or false");
    EXPECT_EQ(message([&] { a.flag("n", true); }), "attribute \"n\" must be true or false, not an integer");
    EXPECT_EQ(message([&] { a.text("n", ""); }), "attribute \"n\" must be text, not an integer");
}

TEST(NetJson, RoundTripGivesAnEqualNet) {
    const NetDef net = sample_net();
    const std::string text = to_json(net);
    EXPECT_TRUE(net_from_json(text, "net") == net) << text;
    EXPECT_EQ(to_json(net_from_json(text, "net")), text);
    EXPECT_TRUE(net_from_json(to_json(NetDef{}), "net") == NetDef{});
}

TEST(NetJson, EveryEnumeratorTravelsAsAWord) {
    NetDef net;
    net.layers = {{"l", "t", {}, {}, {}, {{"p", 1, 1, {}}}}};
    const auto travels = [&](const char* key, auto& field, auto value, const char* word) {
        field = value;
        const std::string text = to_json(net), member = '"' + std::string(key) + "\":\"" + word + '"';
        EXPECT_NE(text.find(member), std::string::npos) << member << " in " << text;
        EXPECT_TRUE(net_from_json(text, "net") == net) << member;
    };
    using P = Preprocessing;
    P& p = net.preprocessing;
    travels("decoder", p.decoder, P::Decoder::exact, "exact");
    travels("decoder", p.decoder, P::Decoder::scaled, "scaled");
    travels("portrait", p.portrait, P::Portrait::keep, "keep");
    travels("portrait", p.portrait, P::Portrait::rotate, "rotate");
    travels("fit", p.fit, P::Fit::squash, "squash");
    travels("fit", p.fit, P::Fit::short_side, "short_side");
    travels("filter", p.filter, P::Filter::nearest, "nearest");
    travels("filter", p.filter, P::Filter::bilinear, "bilinear");
    travels("filter", p.filter, P::Filter::bicubic, "bicubic");
    travels("filter", p.filter, P::Filter::area, "area");
    travels("filter", p.filter, P::Filter::lanczos, "lanczos");
    Filler::Kind& kind = net.layers[0].params[0].filler.kind;
    travels("kind", kind, Filler::Kind::constant, "constant");
    travels("kind", kind, Filler::Kind::gaussian, "gaussian");
    travels("kind", kind, Filler::Kind::uniform, "uniform");
    travels("kind", kind, Filler::Kind::xavier, "xavier");
    travels("kind", kind, Filler::Kind::msra, "msra");
}

TEST(NetJson, EveryFloatTravelsExactlyAndShortWherePossible) {
    std::mt19937 random(1);
    NetDef net;
    for (int i = 0; i < 20'000; ++i) {
        for (float& mean : net.preprocessing.mean) {
            do {
                mean = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
            } while (!std::isfinite(mean));
        }
        ASSERT_TRUE(net_from_json(to_json(net), "net") == net) << to_json(net);
    }
    constexpr float most = std::numeric_limits<float>::max();
    net.preprocessing.mean = {most, -most, std::numeric_limits<float>::denorm_min()};
    EXPECT_TRUE(net_from_json(to_json(net), "net") == net) << to_json(net);
    net.preprocessing.mean = {0.1F, 104.00699F, 0.0039215689F};
    EXPECT_NE(to_json(net).find("\"mean\":[0.1,104.00699,0.003921569]"), std::string::npos) << to_json(net);
}

TEST(NetJson, SaysOnlyWhetherThereIsAMeanImage) {
    NetDef net = sample_net();
    net.preprocessing.mean_image.assign(3 * 300 * 400, 117.F);
    const std::string text = to_json(net);
    EXPECT_NE(text.find("\"mean_image\":true"), std::string::npos);
    const NetDef back = net_from_json(text, "net");
    ASSERT_EQ(back.preprocessing.mean_image.size(), 1U);
    EXPECT_TRUE(std::isnan(back.preprocessing.mean_image[0]));
}

TEST(NetJson, AnIntegerServesAsARealNumber) {
    const std::string text = to_json(sample_net());
    EXPECT_TRUE(net_from_json(changed(text, "\"rate_mult\":2.0", "\"rate_mult\":2"), "net") == sample_net());
    // But not among attributes, where the two kinds differ.
    EXPECT_FALSE(net_from_json(changed(text, "\"ratio\":1.0", "\"ratio\":1"), "net") == sample_net());
}

TEST(NetJson, NamesThePathOfEveryFault) {
    const std::string text = to_json(sample_net());
    struct Fault {
        const char *from, *to, *message;
    };
    constexpr Fault faults[] = {
        {"\"name\":\"weight\"", "\"name\":\"weight\",\"colour\":1",
         "layers[0].params[0].colour: unknown key"},
        {"\"kind\":\"uniform\"", "\"kind\":\"uniform\",\"colour\":1",
         "layers[0].params[1].filler.colour: unknown key"},
        {"\"orient\"", "\"a\\nb\"", "preprocessing.a\\nb: unknown key"},
        {"\"channels\":4,", "", "input: key \"channels\" is missing"},
        {"\"channels\":4", "\"channels\":4.0", "input.channels: expected an integer, found a real number"},
        {"\"channels\":4", "\"channels\":-1", "input.channels: expected 0..65536, found -1"},
        {"\"height\":300", "\"height\":65537", "preprocessing.height: expected 1..65536, found 65537"},
        {"\"crop_width\":240", "\"crop_width\":401", "preprocessing.crop_width: expected 1..400, found 401"},
        {"\"kind\":\"gaussian\"", "\"kind\":\"normal\"",
         "layers[0].params[0].filler.kind: expected one of constant, gaussian, uniform, xavier, msra, found "
         "\"normal\""},
        {"\"mean\":[", "\"mean\":[1,", "preprocessing.mean: expected three numbers, found 4"},
        {"\"mean\":[104.00699", "\"mean\":[1e39", "preprocessing.mean[0]: beyond the range of a float"},
        {"\"classes\":[\"plain\"", "\"classes\":[\"plain\",1", "classes[1]: expected text, found an integer"},
        {"\"bias\":true", "\"bias\":null",
         "layers[0].attributes.bias: expected true, false, a number or text, found null"},
        {"\"inputs\":[\"data\"]", "\"inputs\":{}", "layers[0].inputs: expected a list, found an object"},
        {"\"rate_mult\":0.1", "\"rate_mult\":\"0.1\"",
         "layers[0].params[0].rate_mult: expected a number, found text"},
    };
    for (const auto& [from, to, message] : faults) {
        EXPECT_EQ(refusal(changed(text, from, to)), std::string("net: ") + message);
    }
    EXPECT_EQ(refusal("[]"), "net: expected an object, found a list");
    EXPECT_EQ(refusal("{"), "net: line 1, column 2: expected a key in quotes");
    EXPECT_NE(refusal(changed(text, "\"version\":1", "\"version\":2"))
                  .find("net: version: this program reads version 1 only"),
              std::string::npos);
}

TEST(NetJson, RefusesToWriteWhatIsNotANumber) {
    NetDef net = sample_net();
    net.layers[0].params[1].rate_mult = std::nan("");
    EXPECT_EQ(error_of(Error::Kind::data, [&] { to_json(net); }),
              "layers[0].params[1].rate_mult is NaN or infinite, which JSON cannot hold");
}

struct Variant {
    std::string left_out;  ///< path of the member, list positions left out
    json::Value value;
};

/// Every value that is `value` less one member of one of its objects.
std::vector<Variant> less_one_member(const json::Value& value) {
    std::vector<Variant> variants;
    if (const auto* items = value.get<json::Array>()) {
        for (std::size_t i = 0; i < items->size(); ++i) {
            for (const auto& [path, item] : less_one_member((*items)[i])) {
                json::Array copy = *items;
                copy[i] = item;
                variants.push_back({path, copy});
            }
        }
    }
    if (const auto* members = value.get<json::Object>()) {
        for (std::size_t i = 0; i < members->size(); ++i) {
            const std::string& key = (*members)[i].first;
            json::Object fewer = *members;
            fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
            variants.push_back({'.' + key, fewer});
            for (const auto& [path, member] : less_one_member((*members)[i].second)) {
                json::Object copy = *members;
                copy[i].second = member;
                variants.push_back({'.' + key + path, copy});
            }
        }
    }
    return variants;
}

TEST(NetJson, EveryKeyMustBeThere) {
    const auto variants = less_one_member(json::parse(to_json(sample_net()), "net", 1 << 20));
    EXPECT_GT(variants.size(), 40U);
    for (const auto& [path, value] : variants) {
        const bool free = path.starts_with(".layers.attributes.");
        const bool unused = path.starts_with(".layers.params.filler.") && !path.ends_with("kind");
        EXPECT_EQ(accepts([&] { net_from_json(json::write(value), "net"); }), free || unused) << path;
    }
}

TEST(NetJsonMutation, EveryTruncationIsRefused) {
    const std::string text = to_json(sample_net());
    for (std::size_t length = 0; length < text.size(); ++length) refusal(text.substr(0, length));
}

TEST(NetJsonMutation, FlippedBitsAreRefusedOrReadFaithfully) {
    const std::string text = to_json(sample_net());
    std::mt19937_64 random(4);
    int accepted = 0;
    for (int i = 0; i < 20'000; ++i) {
        const std::string mutant = test::with_flipped_bits(text, random);
        accepted += accepts([&] {
            const NetDef net = net_from_json(mutant, "net");
            if (net.preprocessing.mean_image.empty()) {
                EXPECT_TRUE(net_from_json(to_json(net), "net") == net) << mutant;
            }
        });
    }
    EXPECT_GT(accepted, 1000);
    EXPECT_LT(accepted, 19'000);
}

}  // namespace
}  // namespace emulsion
