// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A graph made concrete: for every operation the plan that runs it, the reorders between plans that
// disagree about layouts, and an address for every buffer. Holds no memory of its own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/graph.h"
#include "engine/placement.h"

namespace emulsion {

class Device;

/// A physical copy of a value in one layout.
struct Buffer {
    int value = -1;
    kernels::Layout layout;
    int first = 0, last = 0;  ///< the steps between which its content matters
    bool lasting = false;     ///< kept from step to step and after the run: inputs, results, held values
    int storage = -1;         ///< buffers that share one place (in place) have one storage
    std::size_t offset = 0;   ///< into the arena; unused for the parameter roles
};

/// A packed copy of a parameter in the layout that plans want.
struct Packed {
    int parameter = -1;
    kernels::Layout layout;
    const kernels::Plan* plan = nullptr;  ///< who packs it
    std::string layer;
};

struct Step {
    kernels::Operation operation;
    const kernels::Implementation* implementation = nullptr;
    std::unique_ptr<kernels::Plan> plan;
    std::vector<std::pair<Operand, int>> operands;  ///< to buffers
    std::vector<int> list;
    int packed = -1;
    std::string layer;
    Pass pass = Pass::forward;
    kernels::Precision precision = kernels::Precision::fp32;  ///< in which it was chosen to run
};

/// What the host reads after a run lies side by side in the arena, so that one copy fetches it: in training a
/// place for the square sum of the gradients (f64) and the loss (f32), then the net's output.
struct ReportPlace {
    std::size_t offset = 0, bytes = 0;                 ///< in the arena
    std::size_t square_sum = 0, loss = 0, output = 0;  ///< from offset
};

struct Schedule {
    Graph graph;
    std::vector<Buffer> buffers;
    std::vector<Step> steps;
    std::vector<Packed> packed;
    int forward_steps = 0;
    int output = -1;  ///< the buffer with the net's output in plain fp32
    std::size_t arena_bytes = 0, unshared_bytes = 0, workspace_bytes = 0;
    ReportPlace report;

    /// The buffer in which a value was made, or -1.
    int buffer_of(int value) const;
};

/// Chooses plans, inserts reorders and lays out memory. With a device the choice may be the tuner's, as
/// Options::tuning says; without, it is the first of each list. Error(device) if a forced implementation is
/// missing, nothing supports an operation, or nothing multiplies in Options::precision. Each choice is logged
/// at level debug.
Schedule make_schedule(Graph graph, Mode mode, const Options& options, Device* device = nullptr);

/// Implementations by their full names, one for each node of a graph; or none, for the first of each list.
using Names = std::vector<std::string>;

/// A rewritten graph made concrete by these. Error(device) if one of them cannot run its node.
Schedule lower(const Graph&, Mode, const Options&, const Names&);

/// An implementation that takes an operation within the limits, and its plan.
struct Choice {
    const kernels::Implementation* implementation = nullptr;
    std::unique_ptr<kernels::Plan> plan;
    kernels::Precision precision = kernels::Precision::fp32;  ///< that of the limits, or fp32 for want of it
};
/// The first by force or by order; or the one of that full name. An implementation that fails to make its
/// plan is passed over with a warning. Error(device) if there is none; Error(failure) if all that are forced
/// fail.
Choice choose(const kernels::Operation&, const kernels::Limits&, const Options&, const std::string& layer,
              const std::string& named = "");
/// All that force allows, in order. Error(device) if there is none.
std::vector<Choice> all_choices(const kernels::Operation&, const kernels::Limits&, const Options&,
                                const std::string& layer);

/// For logs and errors: "layer conv2: conv_forward ... by cudnn (engine 67)".
std::string describe(const std::string& layer, const kernels::Operation&, const kernels::Implementation&,
                     const kernels::Plan&);

/// What a session's plans must keep to, and what the plan for one node must.
kernels::Limits limits_of(Mode, const Options&);
kernels::Limits limits_for(const Node&, const ValuePlacement&, kernels::Limits);

/// Sets storages, lifetimes and offsets of the arena's buffers.
void plan_memory(Schedule&);

inline constexpr std::size_t alignment = 64;
inline std::size_t aligned(std::size_t bytes) {
    return (bytes + alignment - 1) / alignment * alignment;
}

}  // namespace emulsion
