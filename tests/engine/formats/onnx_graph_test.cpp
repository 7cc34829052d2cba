// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Graphs as other programs write them: what each operation becomes, and what is refused, in words.
#include <emulsion/netdef.h>
#include <gtest/gtest.h>

#include "engine/formats/readers.h"
#include "tests/engine/formats/onnx_samples.h"
#include "tests/engine/support.h"

namespace emulsion::formats {
namespace {

using emulsion::test::error_of;
using emulsion::test::TemporaryFolder;
using Integers = GraphFile::Integers;

Imported read(const GraphFile& graph) {
    const TemporaryFolder folder;
    graph.write(folder / "g.onnx");
    return read_onnx(folder / "g.onnx");
}

std::string refusal(const GraphFile& graph) {
    const std::string message = error_of(Error::Kind::data, [&] { read(graph); });
    const std::size_t at = message.find("g.onnx: ");
    return at == std::string::npos ? message : message.substr(at + 8);
}

GraphFile& conv(GraphFile& graph, const std::string& from = "x") {
    return graph.weights("w", {4, 3, 3, 3}).node("Conv", {from, "w"}, "c");
}

TEST(OnnxGraph, NamesAreMadeWhereExportersMadeNone) {
    GraphFile graph;
    conv(graph).weights("v", {5, 4 * 6 * 6}).weights("b", {5});
    graph.node("Relu", {"c"}, "r").node("Flatten", {"r"}, "f").node("Gemm", {"f", "v", "b"}, "g");
    graph.with("transB", std::int64_t{1}).node("Relu", {"g"}, "s").node("Softmax", {"s"}, "p").output("p");
    const Imported imported = read(graph);
    std::vector<std::string> names;
    for (const LayerDef& layer : imported.net->layers) names.push_back(layer.name);
    EXPECT_EQ(names, (std::vector<std::string>{"conv1", "relu1", "fc2", "relu2", "prob"}));
    ASSERT_EQ(imported.tensors.size(), 3U);
    EXPECT_EQ(imported.tensors[1].name, "fc2.weight");
    EXPECT_EQ(imported.tensors[1].origin, "v");
    EXPECT_FALSE(imported.net->layers[0].attributes.flag("bias", true));
    EXPECT_TRUE(imported.net->layers[2].attributes.flag("bias", true));
}

TEST(OnnxGraph, MatrixProductAndAdditionAreOneLayer) {
    GraphFile graph;
    graph.weights("w", {192, 2}).weights("b", {1, 2}).integers("row", {-1, 192});
    graph.node("Reshape", {"x", "row"}, "f").node("MatMul", {"f", "w"}, "m").node("Add", {"b", "m"}, "y");
    graph.output("y");
    const Imported imported = read(graph);
    ASSERT_EQ(imported.net->layers.size(), 1U);
    EXPECT_EQ(imported.net->layers[0].type, "fc");
    ASSERT_EQ(imported.tensors.size(), 2U);
    EXPECT_EQ(imported.tensors[0].shape, (Integers{2, 192}));
    // Row-major 192x2: element (k, m) is number 2k + m.
    EXPECT_EQ(imported.tensors[0].values[1], 2 / 64.0F);
    EXPECT_EQ(imported.tensors[0].values[192], 1 / 64.0F);
    EXPECT_EQ(imported.tensors[1].values[1], 1 / 64.0F);
}

TEST(OnnxGraph, FactorsOfGemmGoIntoTheWeights) {
    GraphFile graph;
    graph.weights("w", {2, 192}).weights("b", {2}).node("Flatten", {"x"}, "f");
    graph.node("Gemm", {"f", "w", "b"}, "y").with("transB", std::int64_t{1}).with("alpha", 2.0);
    graph.with("beta", 0.5).output("y");
    const Imported imported = read(graph);
    EXPECT_EQ(imported.tensors[0].values[3], 6 / 64.0F);
    EXPECT_EQ(imported.tensors[1].values[1], 0.5F / 64);
}

TEST(OnnxGraph, ABiasMayBeAddedToChannels) {
    GraphFile graph;
    conv(graph).weights("b", {4, 1, 1}).node("Add", {"c", "b"}, "y").output("y");
    EXPECT_EQ(read(graph).tensors[1].shape, Integers{4});
    GraphFile rows;
    conv(rows).weights("b", {4}).node("Add", {"c", "b"}, "y").output("y");  // along the width
    EXPECT_EQ(refusal(rows), "node that makes y (Add): what it adds is not one number a channel");
    GraphFile shared;
    conv(shared)
        .weights("b", {4, 1, 1})
        .node("Add", {"c", "b"}, "y")
        .node("Concat", {"c", "y"}, "z")
        .output("z");
    EXPECT_NE(refusal(shared).find("only as the bias"), std::string::npos);
}

// The sum without the bias is read as "c"; the addition knows it by another name.
TEST(OnnxGraph, ABiasIsNotAddedToWhatIsReadUnderAnotherName) {
    using Alias = void (*)(GraphFile&);
    const Alias aliases[] = {
        [](GraphFile& g) { g.node("Identity", {"c"}, "a"); },
        [](GraphFile& g) { g.node("Identity", {"c"}, "i").node("Identity", {"i"}, "a"); },
        [](GraphFile& g) {
            g.integers("s", {0, 4, 6, 6}).node("Reshape", {"c", "s"}, "a");
        },
        [](GraphFile& g) {
            g.node("MaxPool", {"c"}, "a").with("kernel_shape", Integers{1, 1});
        }};
    for (const Alias alias : aliases) {
        GraphFile shared;
        alias(conv(shared).weights("b", {4, 1, 1}));
        shared.node("Add", {"a", "b"}, "y").node("Relu", {"c"}, "r").node("Concat", {"r", "y"}, "z");
        EXPECT_NE(refusal(shared.output("z")).find("only as the bias"), std::string::npos);
        GraphFile alone;
        alias(conv(alone).weights("b", {4, 1, 1}));
        EXPECT_EQ(read(alone.node("Add", {"a", "b"}, "y").output("y")).tensors.size(), 2U);
    }
}

// ONNX aligns shapes at their ends: the one of 2 x 1 is a number for each of two photos.
TEST(OnnxGraph, GemmsBiasIsARow) {
    const auto with_bias = [](const Integers& shape) {
        GraphFile graph;
        graph.weights("w", {192, 2}).weights("b", shape).node("Flatten", {"x"}, "f");
        graph.node("Gemm", {"f", "w", "b"}, "y").output("y");
        return graph;
    };
    EXPECT_EQ(refusal(with_bias({2, 1})),
              "node that makes y (Gemm): what it adds is not one number a channel");
    for (const Integers& shape : {Integers{2}, Integers{1, 2}, Integers{1}, Integers{1, 1}})
        EXPECT_EQ(read(with_bias(shape)).tensors.size(), 2U);
}

TEST(OnnxGraph, PaddingThatDiffersByEndIsRoundingUp) {
    GraphFile graph;
    graph.node("MaxPool", {"x"}, "y").with("kernel_shape", Integers{3, 3}).with("strides", Integers{2, 2});
    graph.with("pads", Integers{0, 0, 1, 1}).output("y");
    const LayerDef layer = read(graph).net->layers[0];
    EXPECT_EQ(layer.attributes.text("round", ""), "up");
    EXPECT_FALSE(layer.attributes.has("pad"));
    GraphFile same;
    same.node("AveragePool", {"x"}, "y").with("kernel_shape", Integers{3, 3}).with("strides", Integers{2, 2});
    same.with("auto_pad", "SAME_UPPER").output("y");
    EXPECT_EQ(read(same).net->layers[0].attributes.text("round", ""), "up");
    GraphFile before;
    before.node("MaxPool", {"x"}, "y").with("kernel_shape", Integers{3, 3}).with("strides", Integers{1, 1});
    before.with("pads", Integers{2, 2, 0, 0}).output("y");
    EXPECT_EQ(refusal(before),
              "node that makes y (MaxPool): its padding (2,2 before and 0,0 after) has no equal "
              "in Emulsion, which pads both ends alike");
}

TEST(OnnxGraph, SizesAndSidesOfWindows) {
    GraphFile graph;
    graph.weights("w", {4, 2, 1, 3}).node("Conv", {"x", "w"}, "y").with("group", std::int64_t{2}).output("y");
    EXPECT_EQ(refusal(graph),
              "node that makes y (Conv): weights for 2 channels in each of 2 groups do not fit an "
              "input of 1x3x8x8");
    GraphFile oblong;
    oblong.weights("w", {6, 1, 1, 3}).node("Conv", {"x", "w"}, "y").with("group", std::int64_t{3});
    oblong.with("pads", Integers{0, 1, 0, 1}).with("strides", Integers{1, 2}).output("y");
    const Attributes a = read(oblong).net->layers[0].attributes;
    EXPECT_EQ(a.integer("kernel_h"), 1);
    EXPECT_EQ(a.integer("kernel_w"), 3);
    EXPECT_EQ(a.integer("pad_w"), 1);
    EXPECT_EQ(a.integer("stride_w"), 2);
    EXPECT_EQ(a.integer("groups"), 3);
}

TEST(OnnxGraph, OneWindowOfOneCellIsNothing) {
    GraphFile graph;
    conv(graph)
        .node("AveragePool", {"c"}, "y")
        .with("kernel_shape", Integers{1, 1})
        .node("Identity", {"y"}, "z");
    EXPECT_EQ(read(graph.output("z")).net->layers.size(), 1U);
}

TEST(OnnxGraph, WhatTheOutputDoesNotNeedIsListed) {
    GraphFile graph;
    conv(graph)
        .node("Relu", {"c"}, "aside")
        .node("LRN", {"c"}, "y")
        .with("size", std::int64_t{5})
        .output("y");
    graph.weights("unused", {2}).output("aside");
    const Imported imported = read(graph);
    EXPECT_EQ(imported.ignored, (std::vector<std::string>{"output aside: a net has one",
                                                          "layer relu1: the output does not depend on it",
                                                          "initialiser unused: no node uses it"}));
    EXPECT_EQ(imported.net->layers[1].attributes.real("alpha", 0), 1e-4);
}

TEST(OnnxGraph, HalvesAndDoublesAreConverted) {
    for (const auto& [type, bytes] : std::vector<std::pair<int, std::string>>{
             {10, std::string("\x00\x3E\x00\xC0", 4)},                            // fp16: 1.5, -2
             {16, std::string("\xC0\x3F\x00\xC0", 4)},                            // bf16
             {11, std::string("\0\0\0\0\0\0\xF8\x3F\0\0\0\0\0\0\0\xC0", 16)}}) {  // fp64
        GraphFile graph;
        Message& tensor = graph.graph.add_message("initializer");
        for (const std::int64_t side : {2, 1, 1, 1}) tensor.add_integer("dims", side);
        tensor.add_text("name", "v");
        tensor.add_integer("data_type", type);
        tensor.add_text("raw_data", bytes);
        graph.weights("u", {1, 3, 1, 1})
            .node("Conv", {"x", "u"}, "h")
            .node("Conv", {"h", "v"}, "y")
            .output("y");
        const Imported imported = read(graph);
        EXPECT_EQ(imported.tensors.back().values[0], 1.5F) << type;
        EXPECT_EQ(imported.tensors.back().values[1], -2) << type;
    }
}

TEST(OnnxGraph, RefusesInOneLine) {
    GraphFile unknown;
    unknown.node("Sigmoid", {"x"}, "y").output("y");
    EXPECT_EQ(refusal(unknown), "node that makes y (Sigmoid): this operation is not supported");
    GraphFile attribute;
    attribute.node("Relu", {"x"}, "y").with("slope", 0.1).output("y");
    EXPECT_EQ(refusal(attribute), "node that makes y (Relu): its attribute slope is not supported");
    GraphFile holes;
    conv(holes).with("dilations", Integers{2, 2}).output("c");
    EXPECT_EQ(refusal(holes), "node that makes c (Conv): windows with holes (dilations) are not supported");
    GraphFile dangling;
    dangling.node("Relu", {"nowhere"}, "y").output("y");
    EXPECT_EQ(refusal(dangling), "node that makes y (Relu): it reads nowhere, which nothing before it makes");
    GraphFile twice;
    twice.node("Relu", {"x"}, "y").node("Relu", {"x"}, "y").output("y");
    EXPECT_EQ(refusal(twice), "node that makes y (Relu): the value y is made twice");
    GraphFile axis;
    axis.node("Softmax", {"x"}, "y").output("y");
    EXPECT_EQ(refusal(axis),
              "node that makes y (Softmax): it runs along axis -1; only channels are supported");
    GraphFile misfit;
    misfit.weights("w", {2, 100}).node("Flatten", {"x"}, "f").node("Gemm", {"f", "w"}, "y");
    EXPECT_EQ(refusal(misfit.with("transB", std::int64_t{1}).output("y")),
              "node that makes y (Gemm): weights for 100 inputs where there are 192");
    GraphFile nothing;
    EXPECT_EQ(refusal(nothing), "its graph has no output");
    GraphFile external;
    conv(external).output("c");
    external.graph.add_message("initializer").add_choice("data_location", "EXTERNAL");
    EXPECT_TRUE(read(external).ignored.size() == 1);  // nobody asks for it
    GraphFile outside;
    outside.node("Conv", {"x", "w"}, "y").output("y");
    Message& weights = outside.graph.add_message("initializer");
    weights.add_text("name", "w");
    weights.add_choice("data_location", "EXTERNAL");
    EXPECT_EQ(refusal(outside),
              "tensor \"w\": it lies in another file (external data); save the model as one file");
}

TEST(OnnxGraph, SizesThatDoNotAgreeAreRefused) {
    for (const Integers& shape : {Integers{4, 3, 3, 4}, Integers{std::int64_t{1} << 62, 4, 1, 1},
                                  Integers{-4, -27}, Integers{0, 3, 3, 3}}) {
        GraphFile graph;
        Message& tensor = graph.graph.add_message("initializer");
        for (const std::int64_t side : shape) tensor.add_integer("dims", side);
        tensor.add_integer("data_type", 1);
        tensor.add_text("name", "w");
        tensor.add_text("raw_data", std::string(4 * 27 * 4, '\1'));
        graph.node("Conv", {"x", "w"}, "y").output("y");
        EXPECT_EQ(refusal(graph), "tensor \"w\": its shape does not make the 108 numbers it holds");
    }
}

}  // namespace
}  // namespace emulsion::formats
