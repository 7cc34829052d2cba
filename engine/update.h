// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The solver's side of a trainer: flat parameters, gradients and momentum, and the one pass that
// updates them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "emulsion/model.h"
#include "emulsion/solver.h"
#include "engine/compiled.h"
#include "engine/device.h"
#include "engine/net.h"

namespace emulsion {

class Update {
   public:
    /// Takes the flat buffers and copies the model's weights in.
    Update(const Model&, const std::vector<Parameter>&, const SolverConfig&, const Options&, Device&);

    ParameterMemory memory() const;  ///< where a net finds its weights and puts its gradients

    /// Adds the gradients of one batch to the sum for this update (a no-op when iter_size is 1).
    void accumulate(int batch_of_update);
    /// L2 norm of the gradient, averaged over the update's batches; not finite if any part is not.
    double gradient_norm();
    /// Whether a step at this rate could carry a weight or its momentum beyond what fp32 can hold.
    bool could_overflow(double rate, double gradient_norm) const;
    /// One step of SGD with momentum.
    void apply(double rate, double gradient_norm);

    /// Which of weights or momentum a flat copy is taken of.
    enum class Kind { weights, gradients, momentum };
    std::vector<float> copy_out(Kind) const;
    void copy_in(Kind, const std::vector<float>& flat);
    const FlatLayout& layout() const { return flat_; }

    std::size_t extra_bytes() const { return sums_ ? sums_->bytes : 0; }
    void profile(bool on) { profiling_ = on; }
    std::vector<StepInfo> steps() const { return {norm_.info, sgd_.info}; }

   private:
    struct Op {
        StepInfo info;
        std::unique_ptr<kernels::Plan> plan;
        kernels::Arguments arguments;
    };
    /// No weight and no momentum is larger than these. Norms bound each element, so they grow with
    /// every step by no more than a sum over all steps taken: far from fp32's end in any sane training.
    struct Bounds {
        double weight = 0, momentum = 0;
    };
    Bounds bounds_after(double rate, double gradient_norm) const;
    void measure_bounds();

    Op make(const kernels::Operation&, const Options&);
    void run(Op&);
    const std::shared_ptr<Memory>& of(Kind) const;

    Device& device_;
    SolverConfig solver_;
    FlatLayout flat_;
    std::shared_ptr<Memory> weights_, gradients_, momentum_, sums_, rates_, square_sum_, workspace_;
    Op norm_, sgd_, add_;
    Bounds bounds_;
    double largest_rate_mult_ = 0, largest_decay_mult_ = 0;
    bool profiling_ = false;
};

}  // namespace emulsion
