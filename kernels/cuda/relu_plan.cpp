// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// ReLU: element by element, in place if wanted.
#include "kernels/cuda/operations.h"
#include "kernels/cuda/plan.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

class ReluPlan : public PlainPlan {
   public:
    static bool understands(const Operation&, const Limits&) { return true; }

   protected:
    explicit ReluPlan(const Operation& op) : count_(op.as<Relu>().shape.count()) {
        batch_invariant_ = true;
        in_place_ = true;
        variant_ = "elementwise";
    }
    int count() const { return static_cast<int>(count_); }

    const std::int64_t count_;
};

class ReluForward final : public ReluPlan {
   public:
    ReluForward(const Operation& op, const Limits&) : ReluPlan(op) {
        plain(Operand::src, count_);
        plain(Operand::dst, count_);
    }
    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        relu_forward(arguments.get<const float>(Operand::src), arguments.get<float>(Operand::dst), count(),
                     queue_of(stream));
    }
};

class ReluBackward final : public ReluPlan {
   public:
    ReluBackward(const Operation& op, const Limits&) : ReluPlan(op) {
        plain(Operand::dst, count_);
        plain(Operand::diff_dst, count_);
        plain(Operand::diff_src, count_);
    }
    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        relu_backward(arguments.get<const float>(Operand::dst), arguments.get<const float>(Operand::diff_dst),
                      arguments.get<float>(Operand::diff_src), count(), queue_of(stream));
    }
};

}  // namespace

std::vector<Implementation> relu_forward_entries() {
    return {implementation<ReluForward>()};
}
std::vector<Implementation> relu_backward_entries() {
    return {implementation<ReluBackward>()};
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
