// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Native model files, there and back: the same bits, the same net, the same provenance.
#include <emulsion/safetensors.h>

#include <bit>
#include <cstdint>
#include <limits>
#include <numeric>

#include "tests/engine/support.h"
#include "tests/layers/small_model.h"

namespace emulsion::test {
namespace {

// A model with weights that only a bit-exact path preserves: denormals, -0, infinities, NaN payloads.
std::shared_ptr<const Model> strange_model(const NetDef& net, std::map<std::string, std::string> provenance) {
    struct Owned {
        std::vector<std::vector<float>> tensors;
    };
    const auto owned = std::make_shared<Owned>();
    std::vector<std::span<const float>> weights;
    std::uint32_t pattern = 1;
    for (const Parameter& p : parameters_of(net)) {
        std::vector<float>& values = owned->tensors.emplace_back();
        for (std::int64_t i = 0; i < p.count(); ++i)
            values.push_back(std::bit_cast<float>(pattern *= 2'654'435'761U));
    }
    for (const auto& values : owned->tensors) weights.emplace_back(values);
    return std::make_shared<Model>(net, standard_layers(), weights, owned, std::move(provenance));
}

TEST(ModelFiles, ThereAndBack) {
    const TemporaryFolder folder;
    const std::string path = folder / "small.safetensors";
    const auto model =
        strange_model(small_net(), {{"trained_on", "398 photos\nof \"OASIS\""}, {"", "empty key"}});
    save(*model, path);
    EXPECT_EQ(folder.names(), std::vector<std::string>{"small.safetensors"});

    const auto loaded = load(path);
    expect_same_weights(*loaded, *model);
    EXPECT_EQ(loaded->net(), model->net());
    EXPECT_EQ(loaded->provenance(), model->provenance());
    for (std::size_t i = 0; i < model->parameters().size(); ++i) {
        EXPECT_EQ(loaded->parameters()[i].shape, model->parameters()[i].shape);
        EXPECT_EQ(loaded->parameters()[i].def, model->parameters()[i].def);
    }
}

TEST(ModelFiles, SavingTwiceGivesTheSameBytes) {
    const TemporaryFolder folder;
    const auto model = strange_model(small_net(), {{"a", "1"}, {"b", "2"}});
    save(*model, folder / "one");
    save(*load(folder / "one"), folder / "two");
    EXPECT_EQ(contents(folder / "one"), contents(folder / "two"));
}

TEST(ModelFiles, AModelMayBeSavedOverItself) {
    const TemporaryFolder folder;
    const auto model = strange_model(small_net(), {});
    save(*model, folder / "model");
    const auto loaded = load(folder / "model");
    save(*loaded, folder / "model");
    expect_same_weights(*loaded, *model);
    expect_same_weights(*load(folder / "model"), *model);
}

TEST(ModelFiles, AMeanImageTravelsAsATensor) {
    const TemporaryFolder folder;
    NetDef net = small_net();
    net.preprocessing.mean_image.resize(3 * 10 * 12);
    std::iota(net.preprocessing.mean_image.begin(), net.preprocessing.mean_image.end(), 0.1F);
    save(*initialise(net, 1), folder / "model");

    const auto file = SafetensorsFile::open(folder / "model");
    const FileTensor* image = file->find("preprocessing.mean_image");
    ASSERT_NE(image, nullptr);
    EXPECT_EQ(image->shape, (std::vector<std::int64_t>{3, 10, 12}));
    EXPECT_EQ(load(folder / "model")->net(), net);
}

TEST(ModelFiles, EveryNamedNetSurvives) {
    const TemporaryFolder folder;
    for (const std::string name : {"photo-mini", "squeezenet"}) {
        const auto model = initialise(compose(name), 3);
        save(*model, folder / name);
        const auto loaded = load(folder / name);
        EXPECT_EQ(loaded->net(), model->net()) << name;
        expect_same_weights(*loaded, *model);
    }
}

TEST(ModelFiles, MetadataAsDocumented) {
    const TemporaryFolder folder;
    save(*strange_model(small_net(), {{"author", "somebody"}}), folder / "model");
    const auto metadata = SafetensorsFile::open(folder / "model")->metadata();
    EXPECT_EQ(metadata.at("emulsion.format"), "1");
    EXPECT_EQ(metadata.at("emulsion.net"), to_json(small_net()));
    EXPECT_EQ(metadata.at("emulsion.provenance.author"), "somebody");
    EXPECT_EQ(metadata.at("emulsion.checksum").size(), 16U);
    EXPECT_EQ(metadata.size(), 4U);
}

// Writers other than ours put tensors at any offset. Weights must then be copies, not misaligned views.
TEST(ModelFiles, BadlyAlignedTensorsAreCopied) {
    const TemporaryFolder folder;
    const auto model = strange_model(small_net(), {});
    save(*model, folder / "model");
    const std::string bytes = contents(folder / "model");
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), sizeof length);
    for (std::uint64_t shift = 1; shift <= 16; ++shift) {
        const std::uint64_t longer = length + shift;
        std::string shifted(reinterpret_cast<const char*>(&longer), sizeof longer);
        shifted += bytes.substr(8, length) + std::string(shift, ' ') + bytes.substr(8 + length);
        put(folder / "shifted", shifted);
        const auto loaded = load(folder / "shifted");
        expect_same_weights(*loaded, *model);
        for (std::size_t i = 0; i < loaded->parameters().size(); ++i)
            EXPECT_EQ(reinterpret_cast<std::uintptr_t>(loaded->weights(i).data()) % 16, 0U)
                << loaded->parameters()[i].name << " in a file shifted by " << shift;
    }
}

TEST(ModelFiles, WellAlignedTensorsAreViewsOfTheFile) {
    const TemporaryFolder folder;
    save(*initialise(compose("photo-mini"), 1), folder / "model");
    const auto loaded = load(folder / "model");
    // Were they copies, they would lie in one block, each on the next 64 bytes, in the net's order. In
    // the file, biases of 24 and 2 floats come last.
    EXPECT_GT(loaded->weights(1).data(), loaded->weights(2).data());
}

TEST(ModelFiles, NumbersThatAreNotFiniteAreNotSaved) {
    const TemporaryFolder folder;
    const auto refuse = [&](auto spoil) {
        NetDef net = small_net();
        spoil(net);
        const auto model = initialise(net, 1);
        return error_of(Error::Kind::data, [&] { save(*model, folder / "model"); });
    };
    constexpr float nan = std::numeric_limits<float>::quiet_NaN(),
                    inf = std::numeric_limits<float>::infinity();
    EXPECT_EQ(refuse([&](NetDef& net) { net.preprocessing.mean_image.assign(360, nan); }),
              folder / "model" + ": its mean image has a number that is not finite");
    EXPECT_EQ(refuse([&](NetDef& net) { net.preprocessing.mean[1] = inf; }),
              folder / "model" + ": its preprocessing has a mean or a scale that is not finite");
    EXPECT_EQ(refuse([&](NetDef& net) { net.preprocessing.scale[2] = nan; }),
              folder / "model" + ": its preprocessing has a mean or a scale that is not finite");
    EXPECT_EQ(refuse([&](NetDef& net) { net.layers[3].params[1].rate_mult = nan; }),
              folder / "model" + ": layer fc2: a multiplier of bias is not finite");
    EXPECT_EQ(refuse([&](NetDef& net) { net.preprocessing.mean_image.assign(361, 1.0F); }),
              folder / "model" + ": not saved: a mean image of 361 numbers is not 3x10x12");
    EXPECT_TRUE(folder.names().empty());
}

}  // namespace
}  // namespace emulsion::test
