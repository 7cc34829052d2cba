// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/rig.h"

#include <algorithm>
#include <stdexcept>

#include "tests/kernels/card.h"
#include "tests/kernels/layouts.h"
#include "tests/kernels/team.h"
#include "tests/kernels/under_test.h"

namespace emulsion::kernels::tests {
namespace {

/// The forward pass of a backward problem, run and kept for its `saved`. Its source arrives as the limits of
/// the backward pass have it.
std::unique_ptr<Rig> run_forward(const Problem& problem, const Implementation& backward, Limits limits,
                                 const Implementation* chosen) {
    const OpKind kind = problem.operation.kind;
    limits.training = true;
    const Layout src = limits.arrives(Operand::src);
    limits.arriving = {};
    limits.arriving[static_cast<std::size_t>(Operand::src)] = src;
    limits.workspace_bytes = ~std::size_t{0};
    std::vector<const Implementation*> candidates{chosen};
    if (chosen == nullptr) candidates = {find_implementation(kind, backward.name, backward.device)};
    for (const auto& each : implementations(kind))
        if (chosen == nullptr && is_there(each.device)) candidates.push_back(&each);
    for (const Implementation* candidate : candidates) {
        auto rig = candidate != nullptr ? Rig::build(problem, *candidate, limits) : nullptr;
        if (!rig) continue;
        rig->load();
        rig->run();
        return rig;
    }
    return nullptr;
}

}  // namespace

const Implementation* find_implementation(OpKind kind, const std::string& name, DeviceKind device) {
    for (const auto& implementation : under_test(kind))
        if (name == implementation.name && device == implementation.device) return &implementation;
    return nullptr;
}

std::unique_ptr<Rig> Rig::build(const Problem& problem, const Implementation& implementation, Limits limits,
                                const Implementation* forward) {
    std::unique_ptr<Rig> before;
    if (problem.forward) {
        before = run_forward(*problem.forward, implementation, limits, forward);
        if (!before) return nullptr;
        limits.forward = &before->plan();
    }
    if (!implementation.supports(problem.operation, limits)) return nullptr;
    auto plan = implementation.plan(problem.operation, limits);
    if (!plan) throw std::runtime_error("plan() returned null for what supports() accepted");
    return std::unique_ptr<Rig>(new Rig(problem, implementation.device, std::move(plan), std::move(before),
                                        team(implementation.name, limits.threads)));
}

Rig::Rig(const Problem& problem, DeviceKind device, std::unique_ptr<Plan> plan, std::unique_ptr<Rig> forward,
         Threads& threads)
    : device_(device),
      forward_(std::move(forward)),
      plan_(std::move(plan)),
      packed_(make_buffer(device, plan_->packed().bytes)),
      workspace_(make_buffer(device, plan_->workspace_bytes())),
      stream_{&threads, device == DeviceKind::cuda ? card().stream() : nullptr} {
    place_operands(problem);
    for (auto& [operand, slot] : slots_) arguments_.set(operand, slot.memory->data());
    for (auto& slot : list_) list_pointers_.push_back(slot.memory->data());
    arguments_.list = list_pointers_;
    if (plan_->packed().bytes != 0) pack();
}

Rig::Slot Rig::input_slot(const Array& array, const Layout& layout) const {
    Slot slot{array.shape, layout, to_physical(array, layout), false, make_buffer(device_, layout.bytes)};
    if (slot.given.size() != layout.bytes)
        throw std::runtime_error("layout " + layout.name() + " of " + describe(array.shape) + " states " +
                                 std::to_string(layout.bytes) + " bytes, needs " +
                                 std::to_string(slot.given.size()));
    return slot;
}

Rig::Slot Rig::result_slot(const Shape& shape, const Layout& layout) const {
    return {shape, layout, {}, true, make_buffer(device_, layout.bytes)};
}

void Rig::place_operands(const Problem& problem) {
    for (const auto& [operand, array] : problem.inputs)
        slots_[operand] = input_slot(array, plan_->layout(operand));
    for (const auto& [operand, expected] : problem.outputs) {
        if (slots_.contains(operand))
            slots_[operand].result = true;
        else
            slots_[operand] = result_slot(expected.shape, plan_->layout(operand));
    }
    for (std::size_t i = 0; i < problem.list.size(); ++i)
        list_.push_back(input_slot(problem.list[i], plan_->list_layouts().at(i)));
    for (std::size_t i = 0; i < problem.list_outputs.size(); ++i)
        list_.push_back(result_slot(problem.list_outputs[i].shape, plan_->list_layouts().at(i)));

    const Layout& saved = plan_->layout(Operand::saved);
    if (saved.bytes == 0) return;
    Slot& slot = slots_[Operand::saved] = result_slot({1, 1, 1, 1}, saved);
    if (!forward_) return;
    if (!(saved == forward_->plan().layout(Operand::saved)))
        throw std::runtime_error("`saved` is wanted as " + saved.name() + ", the forward plan left it as " +
                                 forward_->plan().layout(Operand::saved).name());
    slot.given.assign(forward_->bytes(Operand::saved).begin(), forward_->bytes(Operand::saved).end());
    slot.result = false;
}

void Rig::pack() {
    Slot& weights = slots_.at(Operand::weights);
    weights.memory->write(weights.given);
    plan_->pack(static_cast<const float*>(weights.memory->data()), packed_->data(), workspace_->data(),
                stream_);
    arguments_.set(Operand::weights, packed_->data());
}

void Rig::load(std::byte garbage) {
    const auto fill = [](Slot& slot) {
        slot.memory->poison();
        slot.memory->write(slot.given);
    };
    for (auto& [operand, slot] : slots_) fill(slot);
    for (auto& slot : list_) fill(slot);
    workspace_->fill(garbage);
}

void Rig::alias(Operand result, Operand source) {
    aliases_[result] = source;
    arguments_.set(result, slots_.at(source).memory->data());
}

Values Rig::read(const Slot& slot) {
    return to_logical(slot.memory->read(), slot.shape, slot.layout);
}

const Rig::Slot& Rig::slot(Operand operand) const {
    const auto alias = aliases_.find(operand);
    return slots_.at(alias == aliases_.end() ? operand : alias->second);
}

std::vector<std::string> Rig::damage() const {
    std::vector<std::string> found;
    const auto look = [&](const Slot& slot, const std::string& name, bool overwritten) {
        if (!slot.memory->guards_intact()) found.push_back(name + ": written beyond its ends");
        const auto now = slot.memory->read();
        if (!slot.given.empty() && !overwritten && !std::equal(now.begin(), now.end(), slot.given.begin()))
            found.push_back(name + ": an input was changed");
    };
    for (const auto& [operand, slot] : slots_) {
        const bool is_source = std::any_of(aliases_.begin(), aliases_.end(),
                                           [o = operand](const auto& a) { return a.second == o; });
        look(slot, name(operand), slot.result || is_source);
    }
    for (std::size_t i = 0; i < list_.size(); ++i)
        look(list_[i], "list[" + std::to_string(i) + "]", list_[i].result);
    if (!packed_->guards_intact()) found.push_back("packed weights: written beyond their ends");
    if (!workspace_->guards_intact()) found.push_back("workspace: written beyond workspace_bytes()");
    return found;
}

}  // namespace emulsion::kernels::tests
