// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What the operations of this folder share. Each is one class derived from Plan, with
//     static bool understands(const Operation&, const Limits&)   is the descriptor one it can run?
//     P(const Operation&, const Limits&)                         states layouts, workspace, properties
//     void run(...) const                                        the arithmetic
// and implementation<P>() makes its entry in the list.
#pragma once

#include "kernels/kernels.h"

namespace emulsion::kernels::eigen {

/// Elements that are worth handing to another thread: some microseconds of an elementwise loop.
inline constexpr std::int64_t elementwise_grain = 16 * 1024;

/// `floats` rounded up to whole cache lines, so that what follows in a workspace is 64-byte aligned.
constexpr std::int64_t whole_lines(std::int64_t floats) {
    return (floats + 15) / 16 * 16;
}

constexpr std::int64_t divide_up(std::int64_t a, std::int64_t b) {
    return (a + b - 1) / b;
}

/// The grain for items that cost `elements` each.
constexpr std::int64_t grain_of(std::int64_t elements) {
    return divide_up(elementwise_grain, elements > 0 ? elements : 1);
}

/// A plan over plain layouts, fp32 but where a descriptor says otherwise.
class PlainPlan : public Plan {
   protected:
    void plain(Operand o, std::int64_t count, DataType type = DataType::f32) {
        set_layout(o, plain_layout(count, type));
    }
    void need_workspace(std::int64_t floats) {
        workspace_bytes_ = static_cast<std::size_t>(floats) * sizeof(float);
    }
};

/// This folder computes in fp32 and nothing else. A plan is cheap to make, so its own statements decide
/// whether it keeps to the other limits.
template <class P>
bool supports(const Operation& op, const Limits& limits) {
    if (limits.precision != Precision::fp32 || !P::understands(op, limits)) return false;
    const P plan(op, limits);
    return plan.workspace_bytes() <= limits.workspace_bytes &&
           (plan.batch_invariant() || !limits.batch_invariant);
}

template <class P>
Implementation implementation() {
    return {"eigen", DeviceKind::cpu, supports<P>,
            [](const Operation& op, const Limits& limits) -> std::unique_ptr<Plan> {
                return std::make_unique<P>(op, limits);
            }};
}

}  // namespace emulsion::kernels::eigen
