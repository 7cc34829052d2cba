// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What the tuner asks: how long plans and reorders take.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "engine/graph.h"

namespace emulsion {

/// Milliseconds of a run, and of a packing of the weights.
struct Times {
    double run = 0, pack = 0;
};

class PlanTimes {
   public:
    virtual ~PlanTimes() = default;
    /// Of a plan for a node; none if it is not to be used.
    virtual std::optional<Times> of(const Node&, const kernels::Implementation&,
                                    const std::shared_ptr<const kernels::Plan>&, const kernels::Limits&) = 0;
    virtual double of_reorder(const Shape&, const kernels::Layout& from, const kernels::Layout& to) = 0;
};

/// Small numbers for layouts: equal ones have one number.
class LayoutNumbers {
   public:
    int of(const kernels::Layout& layout) {
        const auto found = std::find(known_.begin(), known_.end(), layout);
        if (found != known_.end()) return static_cast<int>(found - known_.begin());
        known_.push_back(layout);
        return static_cast<int>(known_.size()) - 1;
    }

   private:
    std::vector<kernels::Layout> known_;
};

}  // namespace emulsion
