// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "bench/kernel_bench.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <vector>

namespace emulsion::bench {
namespace {

using kernels::Implementation;

constexpr std::uint64_t seed = 1;

std::unique_ptr<kernels::Plan> plan_of(const KernelCase& it, const Implementation& by,
                                       const kernels::Plan* forward) {
    kernels::Limits limits = it.limits;
    limits.forward = forward;
    return by.supports(it.operation, limits) ? by.plan(it.operation, limits) : nullptr;
}

/// A backward operation's forward plan, by an entry of the same folder, since only that knows what it keeps:
/// of the same way if there is one, else the first.
std::unique_ptr<kernels::Plan> forward_plan_of(const KernelCase& it, const Implementation& by) {
    std::unique_ptr<kernels::Plan> first;
    for (const Implementation& each : kernels::implementations(it.forward->operation.kind)) {
        if (each.device != by.device || std::strcmp(each.name, by.name) != 0) continue;
        const bool same_way = std::strcmp(each.way, by.way) == 0;
        if (first && !same_way) continue;
        auto plan = plan_of(*it.forward, each, nullptr);
        if (plan && same_way) return plan;
        if (plan) first = std::move(plan);
    }
    return first;
}

/// What a case computes, for the readable implementation, which knows plain layouts only.
kernels::Operation in_plain_layouts(const kernels::Operation& operation) {
    if (operation.kind != OpKind::reorder) return operation;
    const auto& reorder = operation.as<kernels::Reorder>();
    const kernels::Layout plain = kernels::plain_layout(reorder.shape.count());
    return {OpKind::reorder, kernels::Reorder{reorder.shape, plain, plain}};
}

}  // namespace

/// What all implementations of a case are held to.
struct KernelBench::Subject {
    Subject(const KernelCase& it, kernels::Precision precision)
        : name(it.name()),
          inputs(random_inputs(it.operation, seed, precision)),
          reference(in_plain_layouts(it.operation), inputs, it.limits.threads) {}

    std::string name;
    Inputs inputs;
    Reference reference;
};

KernelBench::KernelBench(std::unique_ptr<Device> device, kernels::Precision precision, Pace pace, bool cold)
    : device_(std::move(device)), precision_(precision), pace_(pace) {
    if (cold) flush_.emplace(*device_);
}
KernelBench::~KernelBench() = default;

bool KernelBench::offers(const KernelCase& it, const Implementation& by) const {
    if (by.device != device_->id().kind) return false;
    if (!it.forward) return by.supports(it.operation, it.limits);
    const auto forward = forward_plan_of(it, by);
    kernels::Limits limits = it.limits;
    limits.forward = forward.get();
    return forward && by.supports(it.operation, limits);
}

const KernelBench::Subject& KernelBench::subject_of(const KernelCase& it) {
    if (!subject_ || subject_->name != it.name()) {
        subject_.reset();  // before the next one takes its memory
        subject_ = std::make_unique<Subject>(it, precision_);
    }
    return *subject_;
}

KernelTiming KernelBench::run(const KernelCase& it, const Implementation& by) {
    KernelTiming failed;
    try {
        return verify_and_time(it, by);
    } catch (const std::exception& error) {
        failed.failed = error.what();
    }
    return failed;
}

KernelTiming KernelBench::verify_and_time(const KernelCase& it, const Implementation& by) {
    const Subject& subject = subject_of(it);
    std::unique_ptr<Trial> forward;
    if (it.forward) {
        const kernels::Operation& operation = it.forward->operation;
        forward = std::make_unique<Trial>(*device_, operation, forward_plan_of(it, by),
                                          random_inputs(operation, seed, precision_));
        forward->run();
    }
    auto plan = plan_of(it, by, forward ? &forward->plan() : nullptr);
    KernelTiming timing;
    if (!plan) {
        timing.failed = by.full_name() + " makes no plan for " + kernels::describe(it.operation);
        return timing;
    }
    timing.variant = plan->variant();
    Trial trial(*device_, it.operation, std::move(plan), subject.inputs, forward.get());
    trial.run();
    timing.failed = subject.reference.complaint(trial.outputs(), precision_);
    if (!timing.failed.empty()) return timing;

    timing.packing_milliseconds = trial.time_packing();
    timing.milliseconds = timed(pace_, [&] { return trial.time(flush_ ? &*flush_ : nullptr); });
    return timing;
}

}  // namespace emulsion::bench
