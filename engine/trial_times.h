// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// How long plans take: each verified once, timed once, and remembered.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/plan_times.h"
#include "engine/trial.h"

namespace emulsion {

class TrialTimes final : public PlanTimes {
   public:
    /// Both must outlive this.
    TrialTimes(Device& device, const Options& options) : device_(device), options_(options), flush_(device) {}

    /// With cold caches; what is not the first of its list counts as a tenth slower. None, with a warning, if
    /// it fails, or computes something else than the readable implementation; none, without, if the device
    /// has too little memory to try it.
    std::optional<Times> of(const Node&, const kernels::Implementation&,
                            const std::shared_ptr<const kernels::Plan>&, const kernels::Limits&) override;
    double of_reorder(const Shape&, const kernels::Layout& from, const kernels::Layout& to) override;

   private:
    std::optional<Times> measure(const Node&, const kernels::Implementation&,
                                 const std::shared_ptr<const kernels::Plan>&, const kernels::Limits&);
    const Reference& reference(const kernels::Operation&, const Inputs&);

    Device& device_;
    const Options& options_;
    CacheFlush flush_;
    LayoutNumbers layouts_;
    std::map<std::string, std::optional<Times>> known_;
    std::map<std::string, double> fastest_;  ///< of an operation so far
    std::map<std::vector<int>, double> reorders_;
    /// The last operation's: its outputs may be large, and a node's candidates come one after the other.
    kernels::Operation referred_;
    std::unique_ptr<Reference> reference_;
};

}  // namespace emulsion
