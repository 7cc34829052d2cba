// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "engine/graph.h"

namespace emulsion {
namespace {

/// The convolution or fully connected node that writes `value`, or null.
Node* linear_maker(Graph& graph, int value) {
    for (auto& node : graph.nodes) {
        const bool linear =
            node.operation.kind == OpKind::conv_forward || node.operation.kind == OpKind::fc_forward;
        if (linear && graph.value_of(node, Operand::dst) == value) return &node;
    }
    return nullptr;
}

int count_uses(const Graph& graph, int value) {
    int uses = 0;
    for (const auto& node : graph.nodes) {
        for (const auto& [operand, id] : node.operands) uses += id == value ? 1 : 0;
        uses += static_cast<int>(std::count(node.list.begin(), node.list.end(), value));
    }
    return uses;
}

void set_relu(kernels::Operation& operation) {
    if (auto* convolution = std::get_if<kernels::Convolution>(&operation.descriptor))
        convolution->relu = true;
    if (auto* connected = std::get_if<kernels::FullyConnected>(&operation.descriptor)) connected->relu = true;
}

}  // namespace

void rewrite(Graph& graph) {
    constexpr int maker_and_relu = 2;
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        if (graph.nodes[i].operation.kind != OpKind::relu_forward) continue;
        const int between = graph.value_of(graph.nodes[i], Operand::src);
        const int result = graph.value_of(graph.nodes[i], Operand::dst);
        Node* maker = linear_maker(graph, between);
        if (maker == nullptr || graph.values[static_cast<std::size_t>(between)].held ||
            count_uses(graph, between) != maker_and_relu)
            continue;

        // Training is served too: ReLU's backward pass reads its output, and nobody reads its input.
        set_relu(maker->operation);
        for (auto& [operand, id] : maker->operands)
            if (operand == Operand::dst) id = result;
        std::erase_if(graph.by_name, [&](const auto& entry) { return entry.second == between; });
        graph.rewrites.push_back(graph.nodes[i].layer + " into " + maker->layer);
        graph.nodes.erase(graph.nodes.begin() + static_cast<std::ptrdiff_t>(i));
        --i;
    }
}

}  // namespace emulsion
