// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/graph.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/engine/nets.h"

namespace emulsion::testing {
namespace {

Graph graph_of(const NetDef& net, Mode mode, const Options& options = {}) {
    return build_graph(net, mode, options, standard_layers());
}

std::vector<std::string> kinds(const Graph& graph, Pass pass) {
    std::vector<std::string> all;
    for (const auto& node : graph.nodes)
        if (node.pass == pass) all.push_back(node.layer + ":" + kernels::name(node.operation.kind));
    return all;
}

NetDef trained() {
    NetDef net = branched();
    net.layers.back().type = "softmax_loss";
    return net;
}

TEST(Graph, BackwardRunsInReverseAndSumsGradientsOfASharedValue) {
    const auto backward = kinds(graph_of(trained(), Mode::training), Pass::backward);
    EXPECT_EQ(backward, (std::vector<std::string>{
                            "prob:loss_backward", "fc:fc_backward_weights", "fc:fc_backward_data",
                            "pool:pool_backward", "norm:lrn_backward", "relu2:relu_backward",
                            "both:concat_backward", "right:conv_backward_weights", "right:conv_backward_data",
                            "left:conv_backward_weights", "left:conv_backward_data", "relu1:add",
                            "relu1:relu_backward", "conv1:conv_backward_weights"}));
}

TEST(Graph, FrozenLayersGetNoGradients) {
    NetDef net = trained();
    for (auto& layer : net.layers)
        if (layer.name != "fc")
            for (auto& param : layer.params) param.rate_mult = 0;
    EXPECT_EQ(kinds(graph_of(net, Mode::training), Pass::backward),
              (std::vector<std::string>{"prob:loss_backward", "fc:fc_backward_weights"}));
}

TEST(Graph, ReluJoinsTheConvolutionBeforeItOnlyWhereNobodyElseReads) {
    Graph graph = graph_of(trained(), Mode::training);
    rewrite(graph);
    EXPECT_EQ(graph.rewrites, (std::vector<std::string>{"relu1 into conv1"}));  // relu2 follows a concat
    const auto forward = kinds(graph, Pass::forward);
    EXPECT_EQ(std::count(forward.begin(), forward.end(), "relu1:relu_forward"), 0);
    EXPECT_EQ(std::count(forward.begin(), forward.end(), "relu2:relu_forward"), 1);
    EXPECT_EQ(graph.by_name.count("conv1"), 0U);
}

TEST(Graph, AHeldValueIsNotRewrittenAway) {
    Options options;
    options.hold = {"conv1"};
    Graph graph = graph_of(trained(), Mode::training, options);
    rewrite(graph);
    EXPECT_TRUE(graph.rewrites.empty());
    EXPECT_EQ(graph.by_name.count("conv1"), 1U);
}

TEST(Graph, DropoutIsNothingAtInference) {
    const Graph graph = graph_of(compose("photo"), Mode::inference);
    for (const auto& node : graph.nodes) EXPECT_NE(node.operation.kind, OpKind::dropout_forward);
    EXPECT_EQ(graph.by_name.at("drop6"), graph.by_name.at("relu6"));
}

void expect_unsound(const NetDef& net, const std::string& what) {
    try {
        graph_of(net, Mode::inference);
        FAIL() << "accepted a net where " << what;
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), Error::Kind::data);
        EXPECT_NE(std::string(error.what()).find(what), std::string::npos) << error.what();
        EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    }
}

TEST(Graph, UnsoundNetsAreRefusedInOneLine) {
    NetDef net = branched();
    net.layers[1].inputs = {"nowhere"};
    expect_unsound(net, "layer relu1 reads \"nowhere\"");

    net = branched();
    net.layers[1].type = "rellu";
    expect_unsound(net, "unknown type \"rellu\"");

    net = branched();
    net.layers[3].outputs = {"left"};
    expect_unsound(net, "two layers make the value \"left\"");

    net = branched();
    net.layers[0].params[0].name = "wait";
    expect_unsound(net, "layer conv1 has no parameter \"wait\"");

    net = branched();
    net.preprocessing.crop_height = 11;
    expect_unsound(net, "preprocessing cuts 11x16");

    net = branched();
    net.layers.clear();
    expect_unsound(net, "has no layers");
}

}  // namespace
}  // namespace emulsion::testing
