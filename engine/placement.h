// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// In which layouts the values of a graph lie, as its nodes get their plans one by one. The schedule makes its
// buffers and reorders by it; the tuner adds up by it what another choice would cost.
#pragma once

#include <optional>
#include <vector>

#include "engine/graph.h"

namespace emulsion {

/// Values that are there before the first step: nobody in the graph makes them.
bool given(Role);

/// A reorder that must come before a node, so that its plan finds a value as it wants it.
struct Move {
    int value = -1;
    kernels::Layout from, to;
};

class ValuePlacement {
   public:
    explicit ValuePlacement(const Graph&);

    /// `limits` with what a plan for the node may know: the layouts that arrive, and the forward plan.
    kernels::Limits limits_for(const Node&, kernels::Limits limits) const;
    /// The reorders that the node needs before it can run by this plan, in order.
    std::vector<Move> moves(const Node&, const kernels::Plan&) const;
    /// The reorder that brings a value into a layout; none if it lies there already.
    std::optional<Move> move(int value, const kernels::Layout& to) const;

    /// Notes that a reorder was made, or that a node ran by a plan and left its results.
    void moved(const Move&);
    void ran(const Node&, const kernels::Plan&);

    /// Where a value lies, the layout in which it was made first.
    const std::vector<kernels::Layout>& layouts(int value) const {
        return layouts_[static_cast<std::size_t>(value)];
    }
    /// The plan that wrote a `saved` value; null before it ran.
    const kernels::Plan* saved_by(int value) const { return saved_by_[static_cast<std::size_t>(value)]; }

   private:
    void add(int value, const kernels::Layout&);

    const Graph* graph_;
    std::vector<std::vector<kernels::Layout>> layouts_;
    std::vector<const kernels::Plan*> saved_by_;
};

}  // namespace emulsion
