// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Softmax over rows of n x c, in place if wanted.
#include "kernels/cuda/operations.h"
#include "kernels/cuda/plan.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

class SoftmaxPlan : public PlainPlan {
   public:
    static bool understands(const Operation& op, const Limits&) {
        const Shape& s = op.as<Softmax>().shape;
        return s.h == 1 && s.w == 1 && s.c > 0;
    }

   protected:
    explicit SoftmaxPlan(const Operation& op) : shape_(op.as<Softmax>().shape) {
        batch_invariant_ = true;
        in_place_ = true;
        variant_ = "warp a row";
    }
    int rows() const { return static_cast<int>(shape_.n); }
    int channels() const { return static_cast<int>(shape_.c); }

    const Shape shape_;
};

class SoftmaxForward final : public SoftmaxPlan {
   public:
    SoftmaxForward(const Operation& op, const Limits&) : SoftmaxPlan(op) {
        plain(Operand::src, shape_.count());
        plain(Operand::dst, shape_.count());
    }
    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        softmax_forward(arguments.get<const float>(Operand::src), arguments.get<float>(Operand::dst), rows(),
                        channels(), queue_of(stream));
    }
};

class SoftmaxBackward final : public SoftmaxPlan {
   public:
    SoftmaxBackward(const Operation& op, const Limits&) : SoftmaxPlan(op) {
        plain(Operand::dst, shape_.count());
        plain(Operand::diff_dst, shape_.count());
        plain(Operand::diff_src, shape_.count());
    }
    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        softmax_backward(arguments.get<const float>(Operand::dst),
                         arguments.get<const float>(Operand::diff_dst),
                         arguments.get<float>(Operand::diff_src), rows(), channels(), queue_of(stream));
    }
};

}  // namespace

std::vector<Implementation> softmax_forward_entries() {
    return {implementation<SoftmaxForward>()};
}
std::vector<Implementation> softmax_backward_entries() {
    return {implementation<SoftmaxBackward>()};
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
