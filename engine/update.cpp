// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/update.h"

#include <algorithm>
#include <cfloat>
#include <cmath>

#include "engine/section.h"

namespace emulsion {

using kernels::Operation;

std::vector<Operation> update_operations(const std::vector<Parameter>& parameters,
                                         const SolverConfig& solver) {
    const FlatLayout flat = flat_layout(parameters);
    kernels::Sgd sgd{flat.count, {}, solver.l1};
    for (std::size_t i = 0; i < parameters.size(); ++i)
        sgd.segments.push_back({flat.offsets[i], parameters[i].count(),
                                static_cast<float>(parameters[i].def.rate_mult),
                                static_cast<float>(parameters[i].def.decay_mult)});
    return {{OpKind::square_sum, kernels::SquareSum{flat.count}}, {OpKind::sgd_update, std::move(sgd)}};
}

Update::Update(const Model& model, const std::vector<Parameter>& parameters, const SolverConfig& solver,
               const Options& options, Device& device, void* square_sum)
    : device_(device), solver_(solver), flat_(flat_layout(parameters)) {
    const std::size_t bytes = static_cast<std::size_t>(flat_.count) * sizeof(float);
    weights_ = device.allocate(bytes);
    gradients_ = device.allocate(bytes);
    momentum_ = device.allocate(bytes);
    if (solver.iter_size > 1) sums_ = device.allocate(bytes);
    rates_ = device.allocate(sizeof(kernels::SgdRates));

    for (std::size_t i = 0; i < parameters.size(); ++i)
        device.copy_in(static_cast<float*>(weights_->data) + flat_.offsets[i], model.weights(i).data(),
                       model.weights(i).size_bytes());

    const std::vector<Operation> operations = update_operations(parameters, solver);
    for (const auto& segment : operations[1].as<kernels::Sgd>().segments) {
        largest_rate_mult_ = std::max(largest_rate_mult_, static_cast<double>(segment.rate_mult));
        largest_decay_mult_ = std::max(largest_decay_mult_, static_cast<double>(segment.decay_mult));
    }
    measure_bounds();

    const auto& summed = sums_ ? sums_ : gradients_;
    norm_ = make(operations[0], options);
    norm_.arguments.set(Operand::src, summed->data);
    norm_.arguments.set(Operand::dst, square_sum);
    sgd_ = make(operations[1], options);
    sgd_.arguments.set(Operand::weights, weights_->data);
    sgd_.arguments.set(Operand::diff_weights, summed->data);
    sgd_.arguments.set(Operand::momentum, momentum_->data);
    sgd_.arguments.set(Operand::rates, rates_->data);
    std::size_t workspace = std::max(norm_.plan->workspace_bytes(), sgd_.plan->workspace_bytes());
    if (sums_) {
        add_ = make({OpKind::add, kernels::Add{{1, flat_.count, 1, 1}}}, options);
        add_.arguments.set(Operand::src, sums_->data);
        add_.arguments.set(Operand::src2, gradients_->data);
        add_.arguments.set(Operand::dst, sums_->data);
        workspace = std::max(workspace, add_.plan->workspace_bytes());
    }
    workspace_ = device.allocate(workspace);
}

Update::Op Update::make(const Operation& operation, const Options& options) {
    kernels::Limits limits;
    limits.threads = options.threads;
    for (auto& arriving : limits.arriving) arriving = kernels::plain_layout(flat_.count);
    Choice choice = choose(operation, limits, options, "solver");
    Op op;
    op.info = {"solver",
               Pass::update,
               operation,
               choice.implementation->full_name(),
               choice.plan->variant(),
               kernels::cost(operation),
               choice.plan->workspace_bytes(),
               0,
               0,
               0};
    op.description = describe(device_.trace(), op.info);
    op.plan = std::move(choice.plan);
    return op;
}

void Update::enqueue(const Op& op) {
    op.plan->run(op.arguments, workspace_->data, device_.stream());
}

void Update::time(Op& op) {
    const char* const name = kernels::name(op.info.operation.kind);
    const double milliseconds = time_section(device_, name, op.description, [this, &op] { enqueue(op); });
    if (!profiling_) return;
    op.info.milliseconds += milliseconds;
    ++op.info.runs;
}

std::size_t Update::extra_bytes(const std::vector<Parameter>& parameters, const SolverConfig& solver) {
    if (solver.iter_size <= 1) return 0;
    return static_cast<std::size_t>(flat_layout(parameters).count) * sizeof(float);
}

ParameterMemory Update::memory() const {
    ParameterMemory memory;
    for (const std::int64_t offset : flat_.offsets) {
        memory.weights.push_back(static_cast<float*>(weights_->data) + offset);
        memory.gradients.push_back(static_cast<float*>(gradients_->data) + offset);
    }
    return memory;
}

void Update::begin() {
    if (sums_) device_.zero(sums_->data, sums_->bytes);
}

void Update::enqueue_batch(bool last) {
    if (sums_) enqueue(add_);
    if (last) enqueue(norm_);
}

void Update::time_batch(bool last) {
    if (sums_) time(add_);
    if (last) time(norm_);
}

void Update::measure_bounds() {
    const auto largest = [](const std::vector<float>& values) {
        double most = 0;
        for (const float value : values) most = std::max(most, std::abs(static_cast<double>(value)));
        return most;
    };
    bounds_ = {largest(copy_out(Kind::weights)), largest(copy_out(Kind::momentum))};
}

Update::Bounds Update::bounds_after(double rate, double gradient_norm) const {
    const double decay = solver_.weight_decay * largest_decay_mult_ * (solver_.l1 ? 1 : bounds_.weight);
    const double momentum =
        solver_.momentum * bounds_.momentum + rate * largest_rate_mult_ * (gradient_norm + decay);
    return {bounds_.weight + momentum, momentum};
}

bool Update::could_overflow(double rate, double gradient_norm) const {
    const Bounds after = bounds_after(rate, gradient_norm);
    return !(after.weight < static_cast<double>(FLT_MAX) / 2);
}

void Update::set_rates(double rate, double gradient_norm) {
    bounds_ = bounds_after(rate, gradient_norm);
    kernels::SgdRates rates;
    rates.rate = static_cast<float>(rate);
    rates.momentum = static_cast<float>(solver_.momentum);
    rates.decay = static_cast<float>(solver_.weight_decay);
    double scale = 1.0 / solver_.iter_size;
    // Caffe measures the norm of the sum over the update's batches, before it is averaged.
    const double norm_of_sum = gradient_norm * solver_.iter_size;
    if (solver_.clip_gradients > 0 && norm_of_sum > solver_.clip_gradients)
        scale *= solver_.clip_gradients / norm_of_sum;
    rates.scale = static_cast<float>(scale);
    device_.copy_in(rates_->data, &rates, sizeof rates);
}

void Update::enqueue_step() {
    enqueue(sgd_);
}

void Update::time_step() {
    time(sgd_);
}

const std::shared_ptr<Memory>& Update::of(Kind kind) const {
    if (kind == Kind::weights) return weights_;
    return kind == Kind::gradients ? gradients_ : momentum_;
}

std::vector<float> Update::copy_out(Kind kind) const {
    std::vector<float> flat(static_cast<std::size_t>(flat_.count));
    device_.copy_out(flat.data(), of(kind)->data, flat.size() * sizeof flat[0]);
    return flat;
}

void Update::copy_in(Kind kind, const std::vector<float>& flat) {
    device_.copy_in(of(kind)->data, flat.data(), flat.size() * sizeof flat[0]);
    measure_bounds();
}

}  // namespace emulsion
