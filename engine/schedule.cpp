// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/schedule.h"

#include <algorithm>
#include <map>

#include "emulsion/error.h"

namespace emulsion {
namespace {

using kernels::Layout;
using kernels::Limits;
using kernels::Operation;

/// Whether a batch-invariant session must have a plan's word on it. The rest is element by element.
bool mixes_images(OpKind kind) {
    return kind != OpKind::reorder && kind != OpKind::prepare_input && kind != OpKind::add;
}

/// Lowers one graph.
class Lowering {
   public:
    Lowering(Graph graph, Mode mode, const Options& options) : options_(options) {
        schedule_.graph = std::move(graph);
        limits_.threads = options.threads;
        limits_.precision = options.precision;
        limits_.batch_invariant = options.batch_invariant;
        limits_.training = mode == Mode::training;
    }

    Schedule run() {
        for (const auto& node : schedule_.graph.nodes) {
            if (node.pass == Pass::backward && schedule_.output < 0) end_forward();
            lower(node);
        }
        if (schedule_.output < 0) end_forward();
        return std::move(schedule_);
    }

   private:
    const ValueInfo& value(int id) const { return schedule_.graph.values[static_cast<std::size_t>(id)]; }
    const Buffer& buffer(int id) const { return schedule_.buffers[static_cast<std::size_t>(id)]; }

    void lower(const Node& node);
    void end_forward();
    Limits limits_for(const Node& node) const;
    /// A buffer that holds the value in this layout, by a reorder if none does.
    int in_layout(int id, const Layout& wanted, const Node& reader);
    int add_buffer(int id, const Layout& layout);
    int add_packed(int parameter, const Step& step);

    const Options& options_;
    Limits limits_;
    Schedule schedule_;
    std::map<int, std::vector<int>> copies_;  ///< of each value, the one it was made in first
    std::map<int, const kernels::Plan*> saved_by_;
};

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

/// Values that are there before the first step: nobody in the graph makes them.
bool given(Role role) {
    return role != Role::activation && role != Role::saved && role != Role::gradient && role != Role::loss;
}

Limits Lowering::limits_for(const Node& node) const {
    Limits limits = limits_;
    if (node.pass != Pass::forward || !mixes_images(node.operation.kind)) limits.batch_invariant = false;
    for (const auto& [operand, id] : node.operands) {
        if (writes(node.operation.kind, operand)) continue;
        if (operand == Operand::saved) limits.forward = saved_by_.at(id);
        const auto copies = copies_.find(id);
        if (copies != copies_.end())
            limits.arriving[static_cast<std::size_t>(operand)] = buffer(copies->second.front()).layout;
    }
    if (node.operation.kind == OpKind::concat_forward)
        for (const int id : node.list) limits.arriving_list.push_back(buffer(copies_.at(id).front()).layout);
    return limits;
}

int Lowering::add_buffer(int id, const Layout& layout) {
    schedule_.buffers.push_back({id, layout});
    copies_[id].push_back(static_cast<int>(schedule_.buffers.size()) - 1);
    return copies_[id].back();
}

int Lowering::in_layout(int id, const Layout& wanted, const Node& reader) {
    if (given(value(id).role) && copies_[id].empty()) add_buffer(id, given_layout(value(id)));
    for (const int copy : copies_.at(id))
        if (buffer(copy).layout == wanted) return copy;

    const int from = copies_.at(id).front();
    const Operation operation{OpKind::reorder,
                              kernels::Reorder{value(id).shape, buffer(from).layout, wanted}};
    Limits limits = limits_;
    limits.batch_invariant = false;
    Choice choice = choose(operation, limits, options_, reader.layer);
    const int to = add_buffer(id, wanted);
    Step step{operation,
              choice.implementation,
              std::move(choice.plan),
              {{Operand::src, from}, {Operand::dst, to}},
              {},
              -1,
              reader.layer + "/reorder",
              reader.pass};
    schedule_.steps.push_back(std::move(step));
    return to;
}

int Lowering::add_packed(int parameter, const Step& step) {
    for (std::size_t i = 0; i < schedule_.packed.size(); ++i)
        if (schedule_.packed[i].parameter == parameter && schedule_.packed[i].layout == step.plan->packed())
            return static_cast<int>(i);
    schedule_.packed.push_back({parameter, step.plan->packed(), step.plan.get(), step.layer});
    return static_cast<int>(schedule_.packed.size()) - 1;
}

void Lowering::end_forward() {
    const int output = schedule_.graph.output;
    Node reader;
    reader.layer = value(output).name;
    schedule_.output = in_layout(output, kernels::plain_layout(value(output).shape.count()), reader);
    schedule_.forward_steps = static_cast<int>(schedule_.steps.size());
}

void Lowering::lower(const Node& node) {
    Choice choice = choose(node.operation, limits_for(node), options_, node.layer);
    Step step{node.operation, choice.implementation, std::move(choice.plan), {}, {}, -1, node.layer,
              node.pass};
    const OpKind kind = node.operation.kind;

    for (const auto& [operand, id] : node.operands) {
        if (writes(kind, operand)) continue;
        const Layout& wanted = step.plan->layout(operand);
        if (operand == Operand::weights && step.plan->packed().bytes != 0)
            step.packed = add_packed(value(id).parameter, step);
        else if (wanted.bytes != 0)
            step.operands.emplace_back(operand, in_layout(id, wanted, node));
    }
    for (const auto& [operand, id] : node.operands) {
        if (!writes(kind, operand)) continue;
        if (operand == Operand::saved) saved_by_[id] = step.plan.get();
        if (step.plan->layout(operand).bytes != 0)
            step.operands.emplace_back(operand, add_buffer(id, step.plan->layout(operand)));
    }
    for (std::size_t i = 0; i < node.list.size(); ++i) {
        const Layout& layout = step.plan->list_layouts().at(i);
        step.list.push_back(kind == OpKind::concat_forward ? in_layout(node.list[i], layout, node)
                                                           : add_buffer(node.list[i], layout));
    }
    schedule_.steps.push_back(std::move(step));
}

/// The folder, or the one way of a folder, that the user forces for an operation; empty if none.
std::string forced(const Options& options, OpKind kind) {
    for (const char* key : {kernels::name(kind), "*"}) {
        const auto found = options.implementations.find(key);
        if (found != options.implementations.end()) return found->second;
    }
    return {};
}

Choice try_one(const kernels::Implementation& candidate, const Operation& operation, const Limits& limits) {
    if (!candidate.supports(operation, limits)) return {};
    auto plan = candidate.plan(operation, limits);
    const bool must_vouch = limits.batch_invariant && mixes_images(operation.kind);
    if (!plan || (must_vouch && !plan->batch_invariant())) return {};
    return {&candidate, std::move(plan)};
}

}  // namespace

Choice choose(const Operation& operation, const Limits& limits, const Options& options,
              const std::string& layer) {
    const std::string wanted = forced(options, operation.kind);
    const auto& candidates = kernels::implementations(operation.kind);
    const auto attempt = [&](bool only_wanted) -> Choice {
        for (const auto& candidate : candidates) {
            const bool named = wanted == candidate.name || wanted == candidate.full_name();
            if (candidate.device != options.device.kind || (only_wanted && !named)) continue;
            if (Choice choice = try_one(candidate, operation, limits); choice.plan) return choice;
        }
        return {};
    };

    Choice choice;
    if (!wanted.empty()) choice = attempt(true);
    if (!choice.plan && !wanted.empty() && options.strict)
        throw Error(Error::Kind::device, "layer " + layer + ": implementation \"" + wanted +
                                             "\" cannot run " + kernels::describe(operation) +
                                             "; drop --strict to let another do it");
    if (!choice.plan) choice = attempt(false);
    if (!choice.plan && limits.precision != kernels::Precision::fp32) {
        // What has no reduced-precision form (a loss, a plain copy) runs in fp32 between reorders.
        Limits full = limits;
        full.precision = kernels::Precision::fp32;
        return choose(operation, full, options, layer);
    }
    if (!choice.plan)
        throw Error(Error::Kind::device, "layer " + layer + ": nothing on " + options.device.name() +
                                             " can run " + kernels::describe(operation));
    if (options.log)
        options.log(LogLevel::debug, layer + ": " + kernels::describe(operation) + " by " +
                                         choice.implementation->full_name() + " (" + choice.plan->variant() +
                                         ")");
    return choice;
}

Schedule make_schedule(Graph graph, Mode mode, const Options& options) {
    if (options.fuse) rewrite(graph);
    if (options.hold_all)
        for (const auto& [name, id] : graph.by_name) graph.values[static_cast<std::size_t>(id)].held = true;
    Schedule schedule = Lowering(std::move(graph), mode, options).run();
    plan_memory(schedule);
    return schedule;
}

int Schedule::buffer_of(int value) const {
    for (std::size_t i = 0; i < buffers.size(); ++i)
        if (buffers[i].value == value) return static_cast<int>(i);
    return -1;
}

}  // namespace emulsion
