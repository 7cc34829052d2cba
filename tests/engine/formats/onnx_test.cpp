// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// ONNX files of Emulsion's own: written and read back to the bit, and read the same when all that is
// Emulsion's own is taken out of them.
#include <emulsion/emulsion.h>
#include <gtest/gtest.h>

#include <cstring>

#include "engine/formats/readers.h"
#include "tests/engine/formats/onnx_samples.h"
#include "tests/engine/nets.h"
#include "tests/engine/support.h"

namespace emulsion::formats {
namespace {

using emulsion::test::error_of;
using emulsion::test::TemporaryFolder;
using emulsion::testing::branched;
using emulsion::testing::seeded;

void expect_weights_of(const Model& model, const Imported& imported) {
    ASSERT_EQ(imported.tensors.size(), model.parameters().size());
    for (std::size_t i = 0; i < imported.tensors.size(); ++i) {
        const ForeignTensor& tensor = imported.tensors[i];
        EXPECT_EQ(tensor.name, model.parameters()[i].name);
        EXPECT_EQ(tensor.shape, model.parameters()[i].shape);
        ASSERT_EQ(tensor.values.size(), model.weights(i).size());
        EXPECT_EQ(std::memcmp(tensor.values.data(), model.weights(i).data(), tensor.values.size_bytes()), 0)
            << tensor.name;
    }
}

class OnnxRoundTrip : public ::testing::TestWithParam<const char*> {};

TEST_P(OnnxRoundTrip, IsEqualToTheBit) {
    const TemporaryFolder folder;
    const auto model = seeded(compose(GetParam()));
    write_onnx(*model, folder / "m.onnx");
    const Imported back = read_onnx(folder / "m.onnx");
    EXPECT_EQ(back.format, "onnx");
    EXPECT_TRUE(back.ignored.empty());
    EXPECT_TRUE(back.preprocessing_known);
    ASSERT_TRUE(back.net.has_value());
    EXPECT_EQ(*back.net, model->net());
    expect_weights_of(*model, back);
}

// As another program would hand it on: the graph alone must make the same net, but for what ONNX does
// not know.
TEST_P(OnnxRoundTrip, TheGraphAloneIsTheNet) {
    const TemporaryFolder folder;
    const auto model = seeded(compose(GetParam()));
    write_onnx(*model, folder / "m.onnx");
    drop_metadata(folder / "m.onnx");
    const Imported back = read_onnx(folder / "m.onnx");
    EXPECT_FALSE(back.preprocessing_known);
    ASSERT_TRUE(back.net.has_value());
    NetDef expected = model->net();
    for (LayerDef& layer : expected.layers) layer.params.clear();
    NetDef found = *back.net;
    for (LayerDef& layer : found.layers) layer.params.clear();
    EXPECT_EQ(found.name, expected.name);
    EXPECT_EQ(found.height, expected.height);
    EXPECT_EQ(found.width, expected.width);
    EXPECT_EQ(found.layers, expected.layers);
    expect_weights_of(*model, back);
}

INSTANTIATE_TEST_SUITE_P(Nets, OnnxRoundTrip,
                         ::testing::Values("alexnet", "caffenet", "alexnet-torchvision", "photo",
                                           "photo-mini", "squeezenet"),
                         [](const auto& param_info) {
                             std::string name = param_info.param;
                             std::erase(name, '-');
                             return name;
                         });

TEST(Onnx, KeepsWhatOnnxHasNoPlaceFor) {
    const TemporaryFolder folder;
    NetDef net = branched();
    net.classes = {"a", "b", "c"};
    net.layers.back().type = "softmax_loss";
    net.layers[0].params[0].rate_mult = 0.1;
    auto& photos = net.preprocessing;
    photos.mean = {0, 0, 0};
    photos.mean_image.assign(static_cast<std::size_t>(3 * photos.height * photos.width), 1.25F);
    photos.mean_image[7] = -3;
    write_onnx(*seeded(net), folder / "m.onnx");
    const Imported back = read_onnx(folder / "m.onnx");
    EXPECT_EQ(*back.net, net);
    EXPECT_TRUE(back.ignored.empty());
    edit(folder / "m.onnx", [](const FieldValue& value) {
        return std::string_view(value.type->name) != "initializer" ||
               value.message->view("name") != "preprocessing.mean_image";
    });
    EXPECT_TRUE(error_of(Error::Kind::data, [&] { read_onnx(folder / "m.onnx"); }).ends_with("is missing"));
}

// Somebody edits the graph and leaves the metadata as it is: the graph counts.
TEST(Onnx, AChangedGraphOutweighsTheMetadata) {
    const TemporaryFolder folder;
    const auto model = seeded(compose("photo-mini"));
    write_onnx(*model, folder / "m.onnx");
    const auto rename_lrn = [](Message& message) {
        if (std::string_view(message.type().name) == "NodeProto" && message.view("op_type") == "LRN")
            message.add_text("name", "changed_" + message.text("name"));
    };
    edit(
        folder / "m.onnx", [](const FieldValue&) { return true; }, rename_lrn);
    const Imported back = read_onnx(folder / "m.onnx");
    EXPECT_EQ(back.net->layers[3].name, "changed_norm1");
    EXPECT_TRUE(back.preprocessing_known);
    EXPECT_EQ(back.net->preprocessing, model->net().preprocessing);
    EXPECT_EQ(back.net->classes, model->net().classes);
    ASSERT_EQ(back.ignored.size(), 1U);
    EXPECT_NE(back.ignored[0].find("the graph was changed since"), std::string::npos);
}

TEST(Onnx, PoolsOfEveryRoundingComeBack) {
    const TemporaryFolder folder;
    int written = 0;
    for (const char* mode : {"max", "average"})
        for (const char* round : {"up", "down"})
            for (std::int64_t kernel = 1; kernel <= 4; ++kernel)
                for (std::int64_t stride = 1; stride <= 4; ++stride)
                    for (std::int64_t pad = 0; pad < kernel; ++pad) {
                        NetDef net = branched();
                        LayerDef& pool = net.layers[7];
                        pool.attributes = {{"mode", std::string(mode)},
                                           {"round", std::string(round)},
                                           {"kernel", kernel},
                                           {"stride", stride},
                                           {"pad", pad}};
                        const auto model = seeded(net);
                        write_onnx(*model, folder / "m.onnx");
                        EXPECT_EQ(*read_onnx(folder / "m.onnx").net, net);
                        drop_metadata(folder / "m.onnx");
                        const Imported alone = read_onnx(folder / "m.onnx");
                        // Shapes agree if the weights behind the pool do.
                        expect_weights_of(*model, alone);
                        ++written;
                    }
    EXPECT_EQ(written, 160);
}

TEST(Onnx, WhatOnnxCannotExpressIsRefused) {
    const TemporaryFolder folder;
    NetDef net = branched();
    net.layers.insert(net.layers.end() - 1,
                      {"late", "lrn", {"fc"}, {"late"}, {{"size", std::int64_t{3}}}, {}});
    net.layers.back().inputs = {"late"};
    EXPECT_EQ(error_of(Error::Kind::data, [&] { write_onnx(*seeded(net), folder / "m.onnx"); }),
              "layer late cannot be written as ONNX: it reads the output of a fully connected layer");
    EXPECT_TRUE(folder.names().empty());
}

// Nodes that share a constant each get a copy: together no more than a few times the file.
TEST(Onnx, AConstantIsNotCopiedAnyNumberOfTimes) {
    const std::string path = std::string(EMULSION_SOURCE_DIR) + "/tests/fuzz/corpus/onnx/absurd_shared.onnx";
    const std::string message = error_of(Error::Kind::data, [&] { read_onnx(path); });
    EXPECT_NE(message.find("more than 8 times the file"), std::string::npos) << message;
}

TEST(Onnx, DamagedFilesAreRefusedInOneLine) {
    const TemporaryFolder folder;
    write_onnx(*seeded(branched()), folder / "m.onnx");
    const std::string whole = emulsion::test::contents(folder / "m.onnx");
    std::mt19937_64 random(3);
    for (int i = 0; i < 300; ++i) {
        emulsion::test::put(folder / "d.onnx", emulsion::test::with_flipped_bits(whole, random));
        emulsion::test::accepts([&] { read_onnx(folder / "d.onnx"); });
        emulsion::test::put(folder / "d.onnx", whole.substr(0, 1 + random() % (whole.size() - 1)));
        emulsion::test::accepts([&] { read_onnx(folder / "d.onnx"); });
    }
}

}  // namespace
}  // namespace emulsion::formats
