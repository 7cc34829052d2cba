// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The solver's side of a trainer: flat parameters, gradients and momentum, and the one pass that
// updates them.
#pragma once

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "emulsion/model.h"
#include "emulsion/solver.h"
#include "engine/compiled.h"
#include "engine/device.h"
#include "engine/net.h"

namespace emulsion {

/// What an update does on the flat buffers: the gradient's square sum, then the step.
std::vector<kernels::Operation> update_operations(const std::vector<Parameter>&, const SolverConfig&);

class Update {
   public:
    /// Takes the flat buffers and copies the model's weights in. The gradients' square sum (f64) is to be
    /// written to `square_sum`, in memory of the device.
    Update(const Model&, const std::vector<Parameter>&, const SolverConfig&, const Options&, Device&,
           void* square_sum);

    ParameterMemory memory() const;  ///< where a net finds its weights and puts its gradients

    /// Before the first batch of an update: forgets what was summed up.
    void begin();
    /// Adds the gradients of one batch to the sum for this update (nothing when iter_size is 1), and after
    /// the update's last batch measures it.
    void enqueue_batch(bool last);
    /// The same outside a recording, timed.
    void time_batch(bool last);

    /// L2 norm of the gradient, averaged over the update's batches; not finite if any part is not.
    double gradient_norm(double square_sum) const { return std::sqrt(square_sum) / solver_.iter_size; }
    /// Whether a step at this rate could carry a weight or its momentum beyond what fp32 can hold.
    bool could_overflow(double rate, double gradient_norm) const;
    /// What the step of SGD with momentum that follows is to use.
    void set_rates(double rate, double gradient_norm);
    void enqueue_step();
    void time_step();

    /// Which of weights or momentum a flat copy is taken of.
    enum class Kind { weights, gradients, momentum };
    std::vector<float> copy_out(Kind) const;
    void copy_in(Kind, const std::vector<float>& flat);
    const FlatLayout& layout() const { return flat_; }

    /// Memory beyond the gradients and momentum of every training.
    static std::size_t extra_bytes(const std::vector<Parameter>&, const SolverConfig&);
    void profile(bool on) { profiling_ = on; }
    std::vector<StepInfo> steps() const { return {norm_.info, sgd_.info}; }

   private:
    struct Op {
        StepInfo info;
        int description = 0;  ///< for the trace
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
    void enqueue(const Op&);
    void time(Op&);
    const std::shared_ptr<Memory>& of(Kind) const;

    Device& device_;
    SolverConfig solver_;
    FlatLayout flat_;
    std::shared_ptr<Memory> weights_, gradients_, momentum_, sums_, rates_, workspace_;
    Op norm_, sgd_, add_;
    Bounds bounds_;
    double largest_rate_mult_ = 0, largest_decay_mult_ = 0;
    bool profiling_ = false;
};

}  // namespace emulsion
