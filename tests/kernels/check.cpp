// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/check.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "kernels/emulator/emulator.h"
#include "tests/kernels/layouts.h"

namespace emulsion::kernels::tests {
namespace {

using Complaints = std::vector<std::string>;
using Bits = std::map<std::string, std::vector<std::byte>>;

std::string list_name(std::size_t i) {
    return "list[" + std::to_string(i) + "]";
}

/// Operations whose values may come and go in layouts of the implementation's own; all else is plain.
bool free_layouts(OpKind kind) {
    static const std::set<OpKind> kinds{
        OpKind::conv_forward,   OpKind::conv_backward_data, OpKind::conv_backward_weights,
        OpKind::fc_forward,     OpKind::fc_backward_data,   OpKind::fc_backward_weights,
        OpKind::relu_forward,   OpKind::relu_backward,      OpKind::lrn_forward,
        OpKind::lrn_backward,   OpKind::pool_forward,       OpKind::pool_backward,
        OpKind::concat_forward, OpKind::concat_backward,    OpKind::add,
        OpKind::reorder};
    return kinds.contains(kind);
}

bool is_value(Operand o) {
    static const std::set<Operand> values{Operand::src,      Operand::src2,     Operand::dst,
                                          Operand::diff_src, Operand::diff_dst, Operand::saved};
    return values.contains(o);
}

/// Whether `saved` passes between this operation and its other pass.
bool may_save(const Operation& operation) {
    switch (operation.kind) {
        case OpKind::lrn_forward:
            return operation.as<Lrn>().keep;
        case OpKind::pool_forward:
            return operation.as<Pool>().keep;
        case OpKind::lrn_backward:
        case OpKind::pool_backward:
            return true;
        default:
            return false;
    }
}

std::string in_words(const Layout& layout) {
    return layout.name() + " of " + std::to_string(layout.bytes) + " bytes";
}

/// What is wrong with the layout stated for one operand; empty: nothing.
std::string layout_complaint(const Problem& problem, Operand o, const Layout& stated) {
    const auto input = problem.inputs.find(o);
    const auto output = problem.outputs.find(o);
    const bool given = input != problem.inputs.end(), taken = output != problem.outputs.end();
    if (!given && !taken) {
        const bool fits = stated.bytes == 0 || (o == Operand::saved && may_save(problem.operation));
        return fits ? "" : "has a layout, but the operation has no such operand";
    }
    if (free_layouts(problem.operation.kind) && is_value(o)) return stated.bytes != 0 ? "" : "has no layout";
    const Layout required = given ? plain_layout(input->second.shape.count(), input->second.type)
                                  : plain_layout(output->second.shape.count(), output->second.type);
    if (stated == required) return "";
    return "stated as " + in_words(stated) + ", must be " + in_words(required);
}

Complaints layout_complaints(const Problem& problem, const Plan& plan) {
    Complaints complaints;
    for (int i = 0; i < operand_count; ++i) {
        const auto o = static_cast<Operand>(i);
        const std::string complaint = layout_complaint(problem, o, plan.layout(o));
        if (!complaint.empty()) complaints.push_back(std::string(name(o)) + ": " + complaint);
    }
    return complaints;
}

Complaints promise_complaints(const Problem& problem, const Plan& plan, const Limits& limits) {
    Complaints complaints = layout_complaints(problem, plan);
    if (plan.workspace_bytes() > limits.workspace_bytes)
        complaints.push_back("wants a workspace of " + std::to_string(plan.workspace_bytes()) +
                             " bytes where " + std::to_string(limits.workspace_bytes) + " are allowed");
    if (!plan.deterministic()) complaints.push_back("is not deterministic; every CPU plan must be");
    if (limits.batch_invariant && !plan.batch_invariant())
        complaints.push_back("accepted batch_invariant but does not state it");
    if (plan.variant().empty()) complaints.push_back("states no variant");
    if (problem.operation.kind == OpKind::add && !(plan.layout(Operand::src) == plan.layout(Operand::dst) &&
                                                   plan.layout(Operand::src2) == plan.layout(Operand::dst)))
        complaints.push_back("add: the layouts of src, src2 and dst differ");
    return complaints;
}

Bits results(const Problem& problem, const Rig& rig) {
    Bits bits;
    const auto note = [&](const std::string& what, std::span<const std::byte> bytes) {
        bits[what].assign(bytes.begin(), bytes.end());
    };
    for (const auto& [operand, expected] : problem.outputs) note(name(operand), rig.bytes(operand));
    for (std::size_t i = 0; i < problem.list_outputs.size(); ++i) note(list_name(i), rig.list_bytes(i));
    return bits;
}

/// Bit for bit, NaN included.
void compare_bits(const Bits& first, const Bits& second, const std::string& when, Complaints& complaints) {
    for (const auto& [what, bytes] : first)
        if (bytes != second.at(what)) complaints.push_back(what + ": other bits " + when);
}

/// What cuDNN's convolutions in bf16 round to bf16 besides what they store: the gradient of weights, and of a
/// sum and its bias one before they meet. The latter is no larger than the result and the bias together.
Expected loosened(const Problem& problem, const std::string& implementation, Precision precision, Operand o,
                  Expected expected) {
    const bool within =
        implementation == "cudnn" && precision == Precision::bf16 &&
        (o == Operand::diff_weights || (o == Operand::dst && problem.inputs.count(Operand::bias)));
    if (!within) return expected;
    double bias = 0;
    if (o == Operand::dst)
        for (const double cell : problem.inputs.at(Operand::bias).cells)
            bias = std::max(bias, std::fabs(cell));
    for (std::size_t k = 0; k < expected.known(); ++k)
        expected.bound[k] += bf16_rounding * (std::fabs(expected.value[k]) + bias);
    return expected;
}

void compare_values(const Problem& problem, const Rig& rig, const std::string& implementation,
                    Precision precision, Complaints& complaints) {
    const auto look = [&](const std::string& what, const Expected& expected, const Values& actual,
                          DataType stored) {
        if (const auto wrong = difference(expected, actual, stored))
            complaints.push_back(what + ": " + *wrong);
    };
    for (const auto& [operand, expected] : problem.outputs)
        look(name(operand), loosened(problem, implementation, precision, operand, expected),
             rig.read(operand), rig.plan().layout(operand).type);
    for (std::size_t i = 0; i < problem.list_outputs.size(); ++i)
        look(list_name(i), problem.list_outputs[i], rig.read_list(i), rig.plan().list_layouts()[i].type);
}

void note_damage(const Rig& rig, Complaints& complaints) {
    for (auto& line : rig.damage()) complaints.push_back(std::move(line));
}

/// The pairs (result, source) for which in_place() is a promise.
std::vector<std::pair<Operand, Operand>> in_place_pairs(const Problem& problem) {
    std::vector<std::pair<Operand, Operand>> pairs;
    const std::pair<Operand, Operand> all[] = {
        {Operand::dst, Operand::src}, {Operand::dst, Operand::src2}, {Operand::diff_src, Operand::diff_dst}};
    for (const auto& [result, source] : all)
        if (problem.outputs.contains(result) && problem.inputs.contains(source))
            pairs.emplace_back(result, source);
    return pairs;
}

void check_in_place(const Problem& problem, const Implementation& implementation, const Limits& limits,
                    const Implementation* forward, const Bits& expected, Complaints& complaints) {
    for (const auto& [result, source] : in_place_pairs(problem)) {
        const auto rig = Rig::build(problem, implementation, limits, forward);
        const std::string where = std::string(name(result)) + " on " + name(source);
        if (!(rig->plan().layout(result) == rig->plan().layout(source))) {
            complaints.push_back(where + ": in place is offered between different layouts");
            continue;
        }
        rig->alias(result, source);
        rig->load();
        rig->run();
        compare_bits(expected, results(problem, *rig), "in place, " + where, complaints);
        note_damage(*rig, complaints);
    }
}

/// The emulator takes threads and blocks in any order; a kernel may not care.
void check_order(const Problem& problem, Rig& rig, emulated::Order order, const std::string& when,
                 const Bits& expected, Complaints& complaints) {
    struct Restore {
        emulated::Settings before = emulated::settings();
        ~Restore() { emulated::settings() = before; }
    } const restore;
    emulated::settings().order = order;
    rig.load();
    rig.run();
    compare_bits(expected, results(problem, rig), when, complaints);
    note_damage(rig, complaints);
}

void check_runs(const Problem& problem, const Implementation& implementation, const Limits& limits,
                const Implementation* forward, Rig& rig, Complaints& complaints) {
    rig.load();
    rig.run();
    compare_values(problem, rig, implementation.name, limits.precision, complaints);
    const Bits first = results(problem, rig);
    note_damage(rig, complaints);
    rig.load(std::byte{0x3F});  // another content of the workspace: about 0.75 as f32
    rig.run();
    compare_bits(first, results(problem, rig), "in a second run", complaints);
    if (implementation.device == DeviceKind::emulated) {
        check_order(problem, rig, emulated::Order::reverse, "in reverse order", first, complaints);
        check_order(problem, rig, emulated::Order::random, "in random order", first, complaints);
    }
    if (rig.plan().in_place()) check_in_place(problem, implementation, limits, forward, first, complaints);
}

}  // namespace

Verdict check(const Problem& problem, const Implementation& implementation, const Limits& limits,
              const Implementation* forward) {
    Verdict verdict;
    std::unique_ptr<Rig> rig;
    try {
        rig = Rig::build(problem, implementation, limits, forward);
        if (!rig) return verdict;
        verdict.supported = true;
        verdict.complaints = promise_complaints(problem, rig->plan(), limits);
        check_runs(problem, implementation, limits, forward, *rig, verdict.complaints);
    } catch (const std::exception& error) {
        verdict.supported = true;
        verdict.complaints.push_back(std::string("threw: ") + error.what());
    }
    const std::string about = circumstances(problem, implementation, limits, rig ? &rig->plan() : nullptr);
    for (auto& complaint : verdict.complaints) complaint = about + ": " + complaint;
    return verdict;
}

std::string circumstances(const Problem& problem, const Implementation& implementation, const Limits& limits,
                          const Plan* plan) {
    return describe(problem.operation) + " by " + implementation.name +
           (plan != nullptr ? " (" + plan->variant() + ")" : "") + ", " + std::to_string(limits.threads) +
           " thread" + (limits.threads == 1 ? "" : "s") + ", " + name(limits.precision) +
           (limits.training ? ", training" : "") + (limits.batch_invariant ? ", batch-invariant" : "");
}

Limits with_arrivals(const Problem& problem, Limits limits, Layout::Kind kind) {
    const DataType type = limits.precision == Precision::bf16 ? DataType::bf16 : DataType::f32;
    const auto layout = [&](const Shape& shape) {
        return kind == Layout::Kind::nhwc ? nhwc_layout(shape, type) : plain_layout(shape.count(), type);
    };
    for (const auto& [operand, array] : problem.inputs)
        if (is_value(operand)) limits.arriving[static_cast<std::size_t>(operand)] = layout(array.shape);
    for (const auto& array : problem.list) limits.arriving_list.push_back(layout(array.shape));
    return limits;
}

std::string join(const std::vector<std::string>& lines) {
    std::string text;
    for (const auto& line : lines) text += line + "\n";
    return text;
}

}  // namespace emulsion::kernels::tests
