// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// ReLU. Both directions read and write each element once, so the time is that of the memory.
#include "kernels/eigen/operations.h"
#include "kernels/eigen/plan.h"

namespace emulsion::kernels::eigen {
namespace {

class ReluForward final : public PlainPlan {
   public:
    static bool understands(const Operation&, const Limits&) { return true; }

    ReluForward(const Operation& op, const Limits&) : count_(op.as<Relu>().shape.count()) {
        plain(Operand::src, count_);
        plain(Operand::dst, count_);
        batch_invariant_ = true;
        in_place_ = true;
        variant_ = "elementwise";
    }

    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        const auto* const src = arguments.get<const float>(Operand::src);
        auto* const dst = arguments.get<float>(Operand::dst);
        parallel_for(stream, count_, elementwise_grain, [&](std::int64_t begin, std::int64_t end, int) {
            for (std::int64_t i = begin; i < end; ++i) dst[i] = src[i] < 0 ? 0 : src[i];  // a NaN stays
        });
    }

   private:
    const std::int64_t count_;
};

class ReluBackward final : public PlainPlan {
   public:
    static bool understands(const Operation&, const Limits&) { return true; }

    ReluBackward(const Operation& op, const Limits&) : count_(op.as<Relu>().shape.count()) {
        plain(Operand::dst, count_);
        plain(Operand::diff_dst, count_);
        plain(Operand::diff_src, count_);
        batch_invariant_ = true;
        in_place_ = true;
        variant_ = "elementwise";
    }

    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        const auto* const dst = arguments.get<const float>(Operand::dst);
        const auto* const diff_dst = arguments.get<const float>(Operand::diff_dst);
        auto* const diff_src = arguments.get<float>(Operand::diff_src);
        parallel_for(stream, count_, elementwise_grain, [&](std::int64_t begin, std::int64_t end, int) {
            for (std::int64_t i = begin; i < end; ++i) diff_src[i] = dst[i] > 0 ? diff_dst[i] : 0;
        });
    }

   private:
    const std::int64_t count_;
};

}  // namespace

Implementation relu_forward() {
    return implementation<ReluForward>();
}
Implementation relu_backward() {
    return implementation<ReluBackward>();
}

}  // namespace emulsion::kernels::eigen
