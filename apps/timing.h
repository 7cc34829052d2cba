// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Measuring a net: whole runs, and the same runs step by step, in turns.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <emulsion/emulsion.h>

namespace emulsion::apps {

/// A step and the median of its times.
struct TimedStep {
    StepInfo info;
    double milliseconds = 0;
};

struct Timing {
    double milliseconds = 0;  ///< of a whole run that was not profiled: the median
    std::vector<TimedStep> steps;
    double together_milliseconds = 0;  ///< of a profiled run's steps: the median of their sums
    double outside_milliseconds = 0;   ///< what a profiled run takes beside its steps: the median
    double free_milliseconds = 0;      ///< in batch-invariant mode: a run without it, untuned too; else 0
    std::size_t memory_bytes = 0;      ///< as planned

    double steps_milliseconds() const;
    /// What part of a whole run the steps of a profiled one take together: the median of their sums, which
    /// holds interruptions as the whole run does and the steps' own medians do not. 1 is to be expected of
    /// the CPU.
    double steps_part_of_whole() const { return milliseconds > 0 ? together_milliseconds / milliseconds : 0; }
    double flop() const;
    /// Of convolutions and fully connected layers alone, which is what others count of a net.
    double product_flop() const;
};

/// What of a Session or a Trainer is timed.
struct Subject {
    std::function<void()> run;  ///< one full batch
    std::function<void(bool)> profile;
    std::function<std::vector<StepInfo>()> steps;
};

/// Times `runs` whole runs and as many profiled ones, after two to warm up. They alternate, so that a machine
/// that grows slower or faster meanwhile does so for both, and each step's time is a median of its own.
Timing measure(const Subject&, int runs);

/// What a net is timed with.
struct TimingPlan {
    std::shared_ptr<const Model> model;
    Options options;
    int runs = 10;
    bool train = false;
};

/// Inference on photos of noise, or a training step. In batch-invariant mode inference is timed without it
/// too.
Timing time_model(const TimingPlan&);

}  // namespace emulsion::apps
