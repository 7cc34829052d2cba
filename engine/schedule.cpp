// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/schedule.h"

#include <algorithm>

#include "emulsion/error.h"
#include "engine/library.h"
#include "engine/tolerance.h"
#include "engine/tuner.h"

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
    Lowering(Graph graph, Mode mode, const Options& options, const Names& names)
        : options_(options), names_(names), limits_(limits_of(mode, options)) {
        schedule_.graph = std::move(graph);
    }

    Schedule run() {
        ValuePlacement placed(schedule_.graph);
        const auto& nodes = schedule_.graph.nodes;
        for (std::size_t i = 0; i < nodes.size(); ++i) {
            if (nodes[i].pass == Pass::backward && schedule_.output < 0) end_forward(placed);
            lower(i, placed);
        }
        if (schedule_.output < 0) end_forward(placed);
        return std::move(schedule_);
    }

   private:
    const ValueInfo& value(int id) const { return schedule_.graph.values[static_cast<std::size_t>(id)]; }

    void lower(std::size_t index, ValuePlacement&);
    void end_forward(ValuePlacement&);
    void reorder(const Move&, const Node& reader, ValuePlacement&);
    int add_buffer(int id, const Layout& layout);
    /// The buffer that holds the value in this layout; made for what is given.
    int buffer_in(int id, const Layout& layout);
    int add_packed(int parameter, const Step& step);

    const Options& options_;
    const Names& names_;
    const Limits limits_;
    Schedule schedule_;
};

int Lowering::add_buffer(int id, const Layout& layout) {
    schedule_.buffers.push_back({id, layout});
    return static_cast<int>(schedule_.buffers.size()) - 1;
}

int Lowering::buffer_in(int id, const Layout& layout) {
    for (std::size_t i = 0; i < schedule_.buffers.size(); ++i)
        if (schedule_.buffers[i].value == id && schedule_.buffers[i].layout == layout)
            return static_cast<int>(i);
    return add_buffer(id, layout);
}

void Lowering::reorder(const Move& move, const Node& reader, ValuePlacement& placed) {
    const Operation operation{OpKind::reorder, kernels::Reorder{value(move.value).shape, move.from, move.to}};
    Limits limits = limits_;
    limits.batch_invariant = false;
    Choice choice = choose(operation, limits, options_, reader.layer);
    const int from = buffer_in(move.value, move.from), to = add_buffer(move.value, move.to);
    placed.moved(move);
    schedule_.steps.push_back({operation,
                               choice.implementation,
                               std::move(choice.plan),
                               {{Operand::src, from}, {Operand::dst, to}},
                               {},
                               -1,
                               reader.layer + "/reorder",
                               reader.pass});
}

int Lowering::add_packed(int parameter, const Step& step) {
    for (std::size_t i = 0; i < schedule_.packed.size(); ++i)
        if (schedule_.packed[i].parameter == parameter && schedule_.packed[i].layout == step.plan->packed())
            return static_cast<int>(i);
    schedule_.packed.push_back({parameter, step.plan->packed(), step.plan.get(), step.layer});
    return static_cast<int>(schedule_.packed.size()) - 1;
}

void Lowering::end_forward(ValuePlacement& placed) {
    const int output = schedule_.graph.output;
    const Layout plain = kernels::plain_layout(value(output).shape.count());
    Node reader;
    reader.layer = value(output).name;
    if (const auto move = placed.move(output, plain)) reorder(*move, reader, placed);
    schedule_.output = buffer_in(output, plain);
    schedule_.forward_steps = static_cast<int>(schedule_.steps.size());
}

void Lowering::lower(std::size_t index, ValuePlacement& placed) {
    const Node& node = schedule_.graph.nodes[index];
    const Limits limits = limits_for(node, placed, limits_);
    Choice choice =
        choose(node.operation, limits, options_, node.layer, names_.empty() ? std::string() : names_[index]);
    for (const Move& move : placed.moves(node, *choice.plan)) reorder(move, node, placed);
    Step step{node.operation, choice.implementation, std::move(choice.plan), {}, {}, -1, node.layer,
              node.pass,      choice.precision};
    const OpKind kind = node.operation.kind;
    const auto bind = [&](bool results) {
        for (const auto& [operand, id] : node.operands) {
            if (writes(kind, operand) != results) continue;
            const Layout& layout = step.plan->layout(operand);
            if (operand == Operand::weights && step.plan->packed().bytes != 0)
                step.packed = add_packed(value(id).parameter, step);
            else if (layout.bytes != 0)
                step.operands.emplace_back(operand, results ? add_buffer(id, layout) : buffer_in(id, layout));
        }
    };
    bind(false);
    bind(true);
    for (std::size_t i = 0; i < node.list.size(); ++i) {
        const Layout& layout = step.plan->list_layouts().at(i);
        step.list.push_back(kind == OpKind::concat_forward ? buffer_in(node.list[i], layout)
                                                           : add_buffer(node.list[i], layout));
    }
    placed.ran(node, *step.plan);
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

/// A walk along an operation's list.
class Walk {
   public:
    Walk(const Operation& operation, const Options& options, const std::string& layer)
        : operation_(operation), options_(options), layer_(layer), wanted_(forced(options, operation.kind)) {}

    /// What take(choice) accepts, in order: of the forced implementations, or if none of them can (and a
    /// substitute is allowed) of all, or if none can in a reduced precision of all in fp32. What fails is no
    /// reason for a substitute.
    template <class Take>
    bool run(const Limits& limits, Take&& take) {
        if (!wanted_.empty()) {
            if (attempt(limits, true, take)) return true;
            if (!failure_.empty()) throw Error(Error::Kind::failure, failure_);
            if (options_.strict) refuse_substitute();
        }
        if (attempt(limits, false, take)) return true;
        if (limits.precision == kernels::Precision::fp32) return false;
        // What has no reduced-precision form (a loss, a plain copy) runs in fp32 between reorders.
        Limits full = limits;
        full.precision = kernels::Precision::fp32;
        return run(full, take);
    }

    [[noreturn]] void refuse() const {
        throw Error(Error::Kind::device, "layer " + layer_ + ": nothing on " + options_.device.name() +
                                             " can run " + kernels::describe(operation_) +
                                             (failure_.empty() ? "" : "; " + failure_));
    }

   private:
    template <class Take>
    bool attempt(const Limits& limits, bool only_wanted, Take&& take) {
        bool any = false;
        for (const auto& candidate : kernels::implementations(operation_.kind)) {
            const bool named = wanted_ == candidate.name || wanted_ == candidate.full_name();
            if (candidate.device != options_.device.kind || (only_wanted && !named)) continue;
            Choice choice = try_one(candidate, limits);
            if (!choice.plan) continue;
            any = true;
            if (!take(std::move(choice))) return true;
        }
        return any;
    }

    Choice try_one(const kernels::Implementation& candidate, const Limits& limits) {
        if (!candidate.supports(operation_, limits)) return {};
        try {
            auto plan = candidate.plan(operation_, limits);
            const bool must_vouch = limits.batch_invariant && mixes_images(operation_.kind);
            if (!plan || (must_vouch && !plan->batch_invariant())) return {};
            return {&candidate, std::move(plan), limits.precision};
        } catch (const kernels::KernelError& error) {
            failure_ = "layer " + layer_ + ": " + kernels::describe(operation_) + " by " +
                       candidate.full_name() + ": " + error.what();
            if (options_.log) options_.log(LogLevel::warning, failure_);
            return {};
        }
    }

    [[noreturn]] void refuse_substitute() const {
        throw Error(Error::Kind::device, "layer " + layer_ + ": implementation \"" + wanted_ +
                                             "\" cannot run " + kernels::describe(operation_) +
                                             "; drop --strict to let another do it");
    }

    const Operation& operation_;
    const Options& options_;
    const std::string& layer_;
    const std::string wanted_;
    std::string failure_;  ///< of the last that failed to make its plan
};

/// What could do more than the rest of a device, and is not here; with the reasons.
std::string absent_components(kernels::DeviceKind device) {
    std::string all;
    for (const auto& each : components_on(device))
        if (!each.present) all += "; " + each.name + ": " + each.version;
    return all;
}

/// Products that stay in fp32 though less was asked for must not go unnoticed.
void tell_of_precision(const Schedule& schedule, const Options& options) {
    const std::string precision = kernels::name(options.precision), device = options.device.name();
    std::string in_fp32;
    bool any = false;
    for (const Step& step : schedule.steps) {
        if (!multiplies(step.operation)) continue;
        any = any || step.precision == options.precision;
        if (step.precision != options.precision)
            in_fp32 +=
                (in_fp32.empty() ? "" : ", ") + step.layer + " (" + kernels::name(step.operation.kind) + ")";
    }
    if (in_fp32.empty()) return;
    const std::string how = options.batch_invariant ? " with results that no batch can change" : "";
    if (!any)
        throw Error(Error::Kind::device, "nothing on " + device + " multiplies in " + precision + how +
                                             absent_components(options.device.kind));
    if (options.log)
        options.log(LogLevel::warning, "in fp32, since nothing on " + device + " multiplies them in " +
                                           precision + how + ": " + in_fp32);
}

}  // namespace

Limits limits_of(Mode mode, const Options& options) {
    Limits limits;
    limits.threads = options.threads;
    limits.precision = options.precision;
    limits.batch_invariant = options.batch_invariant;
    limits.training = mode == Mode::training;
    return limits;
}

Limits limits_for(const Node& node, const ValuePlacement& placed, Limits limits) {
    if (node.pass != Pass::forward || !mixes_images(node.operation.kind)) limits.batch_invariant = false;
    return placed.limits_for(node, limits);
}

std::string describe(const std::string& layer, const Operation& operation,
                     const kernels::Implementation& implementation, const kernels::Plan& plan) {
    return "layer " + layer + ": " + kernels::describe(operation) + " by " + implementation.full_name() +
           " (" + plan.variant() + ")";
}

std::vector<Choice> all_choices(const Operation& operation, const Limits& limits, const Options& options,
                                const std::string& layer) {
    std::vector<Choice> all;
    Walk walk(operation, options, layer);
    walk.run(limits, [&](Choice choice) {
        all.push_back(std::move(choice));
        return true;
    });
    if (all.empty()) walk.refuse();
    return all;
}

Choice choose(const Operation& operation, const Limits& limits, const Options& options,
              const std::string& layer, const std::string& named) {
    Choice chosen;
    Walk walk(operation, options, layer);
    walk.run(limits, [&](Choice choice) {
        if (!named.empty() && choice.implementation->full_name() != named) return true;
        chosen = std::move(choice);
        return false;
    });
    if (!chosen.plan) walk.refuse();
    if (options.log)
        options.log(LogLevel::debug, describe(layer, operation, *chosen.implementation, *chosen.plan));
    return chosen;
}

Schedule lower(const Graph& graph, Mode mode, const Options& options, const Names& names) {
    Schedule schedule = Lowering(graph, mode, options, names).run();
    plan_memory(schedule);
    return schedule;
}

Schedule make_schedule(Graph graph, Mode mode, const Options& options, Device* device) {
    if (options.fuse) rewrite(graph);
    if (options.hold_all)
        for (const auto& [name, id] : graph.by_name) graph.values[static_cast<std::size_t>(id)].held = true;
    Schedule schedule =
        device == nullptr ? lower(graph, mode, options, {}) : tuned_schedule(graph, mode, options, *device);
    tell_of_precision(schedule, options);
    return schedule;
}

int Schedule::buffer_of(int value) const {
    for (std::size_t i = 0; i < buffers.size(); ++i)
        if (buffers[i].value == value) return static_cast<int>(i);
    return -1;
}

}  // namespace emulsion
