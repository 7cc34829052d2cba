// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/trial_times.h"

#include <algorithm>
#include <cstdio>

#include "engine/median.h"

namespace emulsion {
namespace {

using kernels::Layout;
using kernels::Operation;
using kernels::Plan;

constexpr std::uint64_t seed = 1;

/// The median of `sample` over some runs: more of what is short, one of what is hopeless beside `fastest`.
template <class Sample>
double sampled(Sample&& sample, double fastest) {
    constexpr std::size_t least = 5, most = 15;
    constexpr double hopeless = 3, enough = 200;  // milliseconds
    std::vector<double> samples{sample()};
    if (samples[0] > hopeless * fastest) return samples[0];
    double sum = 0;
    while (samples.size() < least || (samples.size() < most && sum < enough)) {
        samples.push_back(sample());
        sum += samples.back();
    }
    return upper_median(std::move(samples));
}

/// The last of a list is what the others are held against.
bool is_readable(const kernels::Implementation& by, OpKind kind) {
    return &by == &kernels::implementations(kind).back();
}

/// Whether it is what an untuned session would ask first.
bool is_first(const kernels::Implementation& by, OpKind kind) {
    for (const auto& each : kernels::implementations(kind))
        if (each.device == by.device) return &each == &by;
    return false;
}

}  // namespace

const Reference& TrialTimes::reference(const Operation& operation, const Inputs& inputs) {
    const bool same =
        reference_ && referred_.kind == operation.kind && referred_.descriptor == operation.descriptor;
    if (!same) {
        reference_.reset();  // two would be in memory at once
        reference_ = std::make_unique<Reference>(operation, inputs, options_.threads);
        referred_ = operation;
    }
    return *reference_;
}

std::optional<Times> TrialTimes::of(const Node& node, const kernels::Implementation& by,
                                    const std::shared_ptr<const Plan>& plan, const kernels::Limits& limits) {
    // Two plans of one implementation take the same time where they agree on all layouts.
    std::string key = kernels::describe(node.operation) + " " + by.full_name() + " " + plan->variant();
    for (int i = 0; i < kernels::operand_count; ++i)
        key += " " + std::to_string(layouts_.of(plan->layout(static_cast<Operand>(i))));
    for (const Layout& layout : plan->list_layouts()) key += " " + std::to_string(layouts_.of(layout));
    const auto [found, fresh] = known_.try_emplace(std::move(key));
    if (fresh) found->second = measure(node, by, plan, limits);
    // A trial is a few runs, and the first of a list is there for a reason: who comes later must be faster by
    // more than the noise.
    constexpr double noise = 1.1;
    std::optional<Times> times = found->second;
    if (times && !is_first(by, node.operation.kind)) times->run *= noise;
    return times;
}

std::optional<Times> TrialTimes::measure(const Node& node, const kernels::Implementation& by,
                                         const std::shared_ptr<const Plan>& plan,
                                         const kernels::Limits& limits) {
    const Operation& operation = node.operation;
    const std::string text = node.layer + ": " + kernels::describe(operation) + " by " + by.full_name();
    std::unique_ptr<Trial> forward, trial;
    try {
        if (limits.forward != nullptr) {
            const Operation before = *forward_of(operation);
            // The plan is the search's own, and outlives this.
            const std::shared_ptr<const Plan> kept(std::shared_ptr<const Plan>(), limits.forward);
            forward = std::make_unique<Trial>(device_, before, kept,
                                              random_inputs(before, seed, options_.precision));
            forward->run();
        }
        const Inputs inputs = random_inputs(operation, seed, options_.precision);
        trial = std::make_unique<Trial>(device_, operation, plan, inputs, forward.get());
        trial->run();
        if (!is_readable(by, operation.kind)) {
            const std::string wrong =
                reference(operation, inputs).complaint(trial->outputs(), limits.precision);
            if (!wrong.empty()) {
                if (options_.log) options_.log(LogLevel::warning, text + " is left out: " + wrong);
                return std::nullopt;
            }
        }
        auto [fastest, first] = fastest_.try_emplace(kernels::describe(operation), 1e30);
        const Times times{sampled([&] { return trial->time(&flush_); }, fastest->second),
                          sampled([&] { return trial->time_packing(); }, 1e30)};
        fastest->second = std::min(fastest->second, times.run);
        if (options_.log) {
            char milliseconds[32];
            std::snprintf(milliseconds, sizeof milliseconds, "%.3f ms", times.run);
            options_.log(LogLevel::info, text + " (" + plan->variant() + "): " + milliseconds);
        }
        return times;
    } catch (const OutOfDeviceMemory&) {
        if (options_.log) options_.log(LogLevel::info, text + " is left out: too little memory to try it");
        return std::nullopt;
    } catch (const std::runtime_error& error) {
        // An untuned session would never have asked it. But after a failure of a GPU itself nothing works.
        device_.synchronise();
        if (options_.log) options_.log(LogLevel::warning, text + " is left out: " + error.what());
        return std::nullopt;
    }
}

double TrialTimes::of_reorder(const Shape& shape, const Layout& from, const Layout& to) {
    std::vector<int> key{layouts_.of(from), layouts_.of(to)};
    for (const auto extent : {shape.n, shape.c, shape.h, shape.w}) key.push_back(static_cast<int>(extent));
    const auto [found, fresh] = reorders_.try_emplace(std::move(key));
    if (!fresh) return found->second;
    const Operation operation{OpKind::reorder, kernels::Reorder{shape, from, to}};
    kernels::Limits limits;
    limits.threads = options_.threads;
    Options quiet = options_;
    quiet.log = {};
    Trial trial(device_, operation, choose(operation, limits, quiet, "tuner").plan,
                random_inputs(operation, seed));
    found->second = sampled([&] { return trial.time(&flush_); }, 1e30);
    return found->second;
}

}  // namespace emulsion
