// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What the plans of this folder share. An operation is two files: NAME.cu holds its kernels and launchers,
// NAME_plan.cpp says what they take, in a class derived from Plan with
//     static bool understands(const Operation&, const Limits&)   is the descriptor one it can run?
//     P(const Operation&, const Limits&)                         states layouts, workspace, properties
//     void run(...) const                                        calls the launchers
// and implementation<P>() makes its entry in the list.
#pragma once

#include <algorithm>
#include <limits>

#include "kernels/cuda/launchers.h"
#include "kernels/kernels.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {

/// The stream's queue. On the emulator its threads are lent to the launch.
inline Queue queue_of(const Stream& stream) {
    return {stream.native, stream.threads, stream.thread_count(),
            [](void* team, int tasks, void (*task)(void*, int), void* context) {
                static_cast<Threads*>(team)->run(tasks, task, context);
            }};
}

/// Kernels count in ints: a grid's last block may step this far beyond the end.
inline constexpr std::int64_t most_elements = std::numeric_limits<int>::max() - 1024;

/// A convolution in ints, which `countable` has seen to fit.
inline ConvolutionShape in_ints(const Convolution& c) {
    const auto i = [](std::int64_t extent) { return static_cast<int>(extent); };
    return {i(c.src.n), i(c.src.c), i(c.src.h), i(c.src.w), i(c.dst.c), i(c.dst.h), i(c.dst.w),
            c.kernel_h, c.kernel_w, c.stride_h, c.stride_w, c.pad_h,    c.pad_w,    c.groups};
}

/// A plan over plain layouts, fp32 but where a descriptor says otherwise.
class PlainPlan : public Plan {
   public:
    /// Whether the operands stay within what kernels can count. Plans whose kernels count in 64 bits have a
    /// `countable` of their own.
    bool countable() const {
        const auto fits = [](const Layout& layout) {
            return layout.bytes / size_of(layout.type) <= static_cast<std::size_t>(most_elements);
        };
        return std::all_of(layouts_.begin(), layouts_.end(), fits);
    }

   protected:
    void plain(Operand o, std::int64_t count, DataType type = DataType::f32) {
        set_layout(o, plain_layout(count, type));
    }
    void need_workspace(std::int64_t count, std::size_t element = sizeof(float)) {
        workspace_bytes_ = static_cast<std::size_t>(count) * element;
    }
};

/// This folder's plain kernels compute in fp32. A plan is cheap to make, so its own statements decide whether
/// it keeps to the other limits.
template <class P>
bool supports(const Operation& op, const Limits& limits) {
    if (limits.precision != Precision::fp32 || !P::understands(op, limits)) return false;
    const P plan(op, limits);
    return plan.countable() && plan.workspace_bytes() <= limits.workspace_bytes &&
           (plan.batch_invariant() || !limits.batch_invariant);
}

template <class P>
Implementation implementation(const char* way = "") {
    return {"cuda", DeviceKind::EMULSION_CUDA_DEVICE, supports<P>,
            [](const Operation& op, const Limits& limits) -> std::unique_ptr<Plan> {
                return std::make_unique<P>(op, limits);
            },
            way};
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
