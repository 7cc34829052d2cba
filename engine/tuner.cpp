// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/tuner.h"

#include <algorithm>
#include <cstdio>
#include <map>

#include "engine/trial_times.h"
#include "engine/whole_run.h"

namespace emulsion {
namespace {

using kernels::Layout;
using kernels::Limits;
using kernels::Plan;

/// One way for a node, in the circumstances that a state of the search leaves it.
struct Candidate {
    const kernels::Implementation* by = nullptr;
    std::shared_ptr<const Plan> plan;
    Times times;
};

/// A part of the graph, from its first node on, with a choice for each.
struct State {
    ValuePlacement placed;
    double milliseconds = 0;
    std::vector<const kernels::Implementation*> chosen;
    std::vector<std::pair<int, int>> packed;  ///< parameters and numbers of layouts
};

/// Searches node by node. Of the states after a node that leave its successors the same circumstances only
/// the cheapest is kept, and of those the `beam` cheapest: on a chain of layers few differ, and no more than
/// a reorder apart.
class Search {
   public:
    Search(const Graph& graph, Mode mode, const Options& options, PlanTimes& times)
        : graph_(graph),
          options_(options),
          limits_(limits_of(mode, options)),
          times_(times),
          last_reader_(graph.values.size(), -1) {
        for (std::size_t i = 0; i < graph.nodes.size(); ++i)
            for (const int value : values_read(graph.nodes[i]))
                last_reader_[static_cast<std::size_t>(value)] = static_cast<int>(i);
        // Whoever runs the net reads it, plain.
        last_reader_[static_cast<std::size_t>(graph.output)] = static_cast<int>(graph.nodes.size());
    }

    Names run() {
        std::vector<State> states{State{ValuePlacement(graph_), 0, {}, {}}};
        const auto& nodes = graph_.nodes;
        bool forward_ended = false;
        for (std::size_t i = 0; i < nodes.size(); ++i) {
            if (nodes[i].pass == Pass::backward && !forward_ended) {
                for (State& state : states) end_forward(state);
                forward_ended = true;
            }
            states = after(i, states);
        }
        if (!forward_ended)
            for (State& state : states) end_forward(state);
        const auto best = std::min_element(states.begin(), states.end(), [](const State& a, const State& b) {
            return a.milliseconds < b.milliseconds;
        });
        Names names;
        for (const auto* by : best->chosen) names.push_back(by->full_name());
        return names;
    }

   private:
    static constexpr std::size_t beam = 16;

    static std::vector<int> values_read(const Node& node) {
        std::vector<int> values;
        for (const auto& [operand, id] : node.operands)
            if (!writes(node.operation.kind, operand)) values.push_back(id);
        if (node.operation.kind == OpKind::concat_forward)
            values.insert(values.end(), node.list.begin(), node.list.end());
        return values;
    }

    std::vector<State> after(std::size_t index, const std::vector<State>& before) {
        const Node& node = graph_.nodes[index];
        std::map<std::vector<int>, State> cheapest;
        for (const State& state : before)
            for (const Candidate& candidate : candidates(index, state)) {
                State next = state;
                take(node, candidate, next);
                const auto [found, fresh] = cheapest.try_emplace(circumstances(index, next), next);
                if (!fresh && next.milliseconds < found->second.milliseconds) found->second = std::move(next);
            }
        std::vector<State> states;
        for (auto& [key, state] : cheapest) states.push_back(std::move(state));
        std::sort(states.begin(), states.end(),
                  [](const State& a, const State& b) { return a.milliseconds < b.milliseconds; });
        if (states.size() > beam) states.erase(states.begin() + beam, states.end());
        return states;
    }

    /// Runs a node in a state by a candidate, and adds up what that takes.
    void take(const Node& node, const Candidate& candidate, State& state) {
        for (const Move& move : state.placed.moves(node, *candidate.plan)) reorder(move, state);
        state.milliseconds += candidate.times.run;
        state.placed.ran(node, *candidate.plan);
        state.chosen.push_back(candidate.by);
        if (candidate.plan->packed().bytes == 0 || !limits_.training) return;
        // Weights change every step, and each packed copy is refreshed once.
        const std::pair copy{graph_.value_of(node, Operand::weights), layouts_.of(candidate.plan->packed())};
        if (std::count(state.packed.begin(), state.packed.end(), copy) != 0) return;
        state.packed.push_back(copy);
        state.milliseconds += candidate.times.pack;
    }

    void reorder(const Move& move, State& state) {
        const Shape& shape = graph_.values[static_cast<std::size_t>(move.value)].shape;
        state.milliseconds += times_.of_reorder(shape, move.from, move.to);
        state.placed.moved(move);
    }

    void end_forward(State& state) {
        const int output = graph_.output;
        const auto count = graph_.values[static_cast<std::size_t>(output)].shape.count();
        if (const auto move = state.placed.move(output, kernels::plain_layout(count))) reorder(*move, state);
    }

    /// All that the rest of the graph can see of a state.
    std::vector<int> circumstances(std::size_t index, const State& state) {
        std::vector<int> key;
        for (std::size_t v = 0; v < last_reader_.size(); ++v) {
            if (last_reader_[v] <= static_cast<int>(index)) continue;
            const int value = static_cast<int>(v);
            for (const Layout& layout : state.placed.layouts(value)) key.push_back(layouts_.of(layout));
            key.push_back(-1);
            if (const Plan* const plan = state.placed.saved_by(value)) key.push_back(number(plan));
        }
        for (const auto& [parameter, layout] : state.packed)
            if (last_reader_[static_cast<std::size_t>(parameter)] > static_cast<int>(index))
                key.insert(key.end(), {parameter, layout});
        return key;
    }

    int number(const Plan* plan) {
        const auto found = std::find(plans_.begin(), plans_.end(), plan);
        if (found != plans_.end()) return static_cast<int>(found - plans_.begin());
        plans_.push_back(plan);
        return static_cast<int>(plans_.size()) - 1;
    }

    const std::vector<Candidate>& candidates(std::size_t index, const State& state) {
        const Node& node = graph_.nodes[index];
        const Limits limits = limits_for(node, state.placed, limits_);
        std::vector<int> key{static_cast<int>(index), number(limits.forward)};
        for (const Layout& layout : limits.arriving) key.push_back(layouts_.of(layout));
        for (const Layout& layout : limits.arriving_list) key.push_back(layouts_.of(layout));
        const auto [found, fresh] = candidates_.try_emplace(std::move(key));
        if (fresh) found->second = try_all(node, limits);
        return found->second;
    }

    std::vector<Candidate> try_all(const Node& node, const Limits& limits) {
        std::vector<Candidate> all;
        for (Choice& choice : all_choices(node.operation, limits, options_, node.layer)) {
            Candidate candidate{choice.implementation, std::move(choice.plan), {}};
            Limits own = limits;
            own.precision = choice.precision;
            const auto times = times_.of(node, *candidate.by, candidate.plan, own);
            if (!times) continue;
            candidate.times = *times;
            all.push_back(std::move(candidate));
        }
        if (!all.empty()) return all;
        // None could be tried: what an untuned session would take, at no price.
        Choice first = choose(node.operation, limits, options_, node.layer);
        all.push_back({first.implementation, std::move(first.plan), {}});
        return all;
    }

    const Graph& graph_;
    const Options& options_;
    const Limits limits_;
    PlanTimes& times_;
    LayoutNumbers layouts_;
    std::vector<const Plan*> plans_;  ///< their places here are their numbers
    std::vector<int> last_reader_;    ///< of each value; -1: nobody
    std::map<std::vector<int>, std::vector<Candidate>> candidates_;
};

}  // namespace

Names cheapest(const Graph& graph, Mode mode, const Options& options, PlanTimes& times) {
    return Search(graph, mode, options, times).run();
}

Tuned tune(const Graph& graph, Mode mode, const Options& options, Device& device) {
    Options quiet = options;
    quiet.log = {};  // the choices that are considered are not those that are made
    Tuned tuned;
    {
        TrialTimes times(device, options);  // its memory is wanted again below
        tuned.names = cheapest(graph, mode, options, times);
    }
    const Schedule by_order = lower(graph, mode, quiet, {}), chosen = lower(graph, mode, quiet, tuned.names);
    try {
        const auto [first, second] = time_in_turns(by_order, chosen, device);
        tuned.by_order_milliseconds = first;
        tuned.milliseconds = second;
    } catch (const OutOfDeviceMemory&) {
        throw;
    } catch (const Error&) {
        // What comes first in a list failed in its trial too; then there is nothing to compare with.
        device.synchronise();  // unless it is the device that failed
        tuned.milliseconds = time_in_turns(chosen, chosen, device).second;
        return tuned;
    }
    // On a CPU the same schedule runs up to 4% faster or slower in another process, by where its memory lies
    // there, and the order of the lists has been looked at longer.
    constexpr double worth_it = 0.95;
    if (tuned.milliseconds > worth_it * tuned.by_order_milliseconds) {
        tuned.names.clear();
        tuned.milliseconds = tuned.by_order_milliseconds;
    }
    return tuned;
}

}  // namespace emulsion
