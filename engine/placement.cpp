// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/placement.h"

#include <algorithm>

namespace emulsion {
namespace {

using kernels::Layout;
using kernels::Limits;
using kernels::Plan;

Layout given_layout(const ValueInfo& v) {
    switch (v.role) {
        case Role::photos:
            return kernels::plain_layout(v.shape.count(), kernels::DataType::u8);
        case Role::crops:
        case Role::labels:
            return kernels::plain_layout(v.shape.count(), kernels::DataType::i32);
        case Role::counter:
            return kernels::plain_layout(sizeof(kernels::DropoutCounter), kernels::DataType::u8);
        default:
            return kernels::plain_layout(v.shape.count());
    }
}

/// Whether a plan reads its weights from a packed copy, which is nobody's value.
bool reads_packed(Operand operand, const Plan& plan) {
    return operand == Operand::weights && plan.packed().bytes != 0;
}

}  // namespace

bool given(Role role) {
    return role != Role::activation && role != Role::saved && role != Role::gradient && role != Role::loss;
}

ValuePlacement::ValuePlacement(const Graph& graph)
    : graph_(&graph), layouts_(graph.values.size()), saved_by_(graph.values.size()) {}

Limits ValuePlacement::limits_for(const Node& node, Limits limits) const {
    for (const auto& [operand, id] : node.operands) {
        if (writes(node.operation.kind, operand)) continue;
        if (operand == Operand::saved) limits.forward = saved_by(id);
        if (!layouts(id).empty()) limits.arriving[static_cast<std::size_t>(operand)] = layouts(id).front();
    }
    if (node.operation.kind == OpKind::concat_forward)
        for (const int id : node.list) limits.arriving_list.push_back(layouts(id).front());
    return limits;
}

std::optional<Move> ValuePlacement::move(int value, const Layout& to) const {
    const auto& lies = layouts(value);
    if (std::find(lies.begin(), lies.end(), to) != lies.end()) return std::nullopt;
    const ValueInfo& info = graph_->values[static_cast<std::size_t>(value)];
    const Layout from = lies.empty() ? given_layout(info) : lies.front();
    if (from == to) return std::nullopt;
    return Move{value, from, to};
}

std::vector<Move> ValuePlacement::moves(const Node& node, const Plan& plan) const {
    std::vector<Move> needed;
    const auto need = [&](int value, const Layout& wanted) {
        auto found = move(value, wanted);
        const bool again = found && std::any_of(needed.begin(), needed.end(), [&](const Move& other) {
                               return other.value == value && other.to == wanted;
                           });
        if (found && !again) needed.push_back(std::move(*found));
    };
    for (const auto& [operand, id] : node.operands)
        if (!writes(node.operation.kind, operand) && !reads_packed(operand, plan) &&
            plan.layout(operand).bytes != 0)
            need(id, plan.layout(operand));
    if (node.operation.kind == OpKind::concat_forward)
        for (std::size_t i = 0; i < node.list.size(); ++i) need(node.list[i], plan.list_layouts().at(i));
    return needed;
}

void ValuePlacement::add(int value, const Layout& layout) {
    auto& lies = layouts_[static_cast<std::size_t>(value)];
    if (std::find(lies.begin(), lies.end(), layout) == lies.end()) lies.push_back(layout);
}

void ValuePlacement::moved(const Move& move) {
    add(move.value, move.from);
    add(move.value, move.to);
}

void ValuePlacement::ran(const Node& node, const Plan& plan) {
    const OpKind kind = node.operation.kind;
    for (const auto& [operand, id] : node.operands) {
        const ValueInfo& info = graph_->values[static_cast<std::size_t>(id)];
        if (!writes(kind, operand)) {
            if (given(info.role) && !reads_packed(operand, plan)) add(id, given_layout(info));
            continue;
        }
        if (operand == Operand::saved) saved_by_[static_cast<std::size_t>(id)] = &plan;
        if (plan.layout(operand).bytes != 0) add(id, plan.layout(operand));
    }
    if (kind == OpKind::concat_backward)
        for (std::size_t i = 0; i < node.list.size(); ++i) add(node.list[i], plan.list_layouts().at(i));
}

}  // namespace emulsion
