// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Softmax across channels by cuDNN, in plain f32.
#include "kernels/cudnn/legacy.h"
#include "kernels/cudnn/operations.h"
#include "kernels/cudnn/plan.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cudnn {
namespace {

class SoftmaxPlan : public PlainPlan {
   protected:
    explicit SoftmaxPlan(const Shape& shape) : tensor_(shape) { variant_ = "accurate softmax"; }

    template <class P>
    static std::unique_ptr<P> make_softmax(const Operation& op, const Limits& limits) {
        const Shape& s = op.as<Softmax>().shape;
        if (s.h != 1 || s.w != 1 || s.count() <= 0 || limits.precision != Precision::fp32) return nullptr;
        handle();  // made now, since run() takes no memory
        auto plan = std::make_unique<P>(s);
        return plan->countable() ? std::move(plan) : nullptr;
    }

    const TensorDescriptor tensor_;
};

class SoftmaxForward final : public SoftmaxPlan {
   public:
    static std::unique_ptr<SoftmaxForward> make(const Operation& op, const Limits& limits, const Way&) {
        return make_softmax<SoftmaxForward>(op, limits);
    }

    explicit SoftmaxForward(const Shape& shape) : SoftmaxPlan(shape) {
        plain(Operand::src, shape.count());
        plain(Operand::dst, shape.count());
    }

    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        check(api().SoftmaxForward(handle_on(stream), CUDNN_SOFTMAX_ACCURATE, CUDNN_SOFTMAX_MODE_CHANNEL,
                                   &one, tensor_.get(), arguments.get<const void>(Operand::src), &none,
                                   tensor_.get(), arguments.get<void>(Operand::dst)),
              "cudnnSoftmaxForward");
    }
};

class SoftmaxBackward final : public SoftmaxPlan {
   public:
    static std::unique_ptr<SoftmaxBackward> make(const Operation& op, const Limits& limits, const Way&) {
        return make_softmax<SoftmaxBackward>(op, limits);
    }

    explicit SoftmaxBackward(const Shape& shape) : SoftmaxPlan(shape) {
        for (const Operand o : {Operand::dst, Operand::diff_dst, Operand::diff_src}) plain(o, shape.count());
    }

    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        check(api().SoftmaxBackward(handle_on(stream), CUDNN_SOFTMAX_ACCURATE, CUDNN_SOFTMAX_MODE_CHANNEL,
                                    &one, tensor_.get(), arguments.get<const void>(Operand::dst),
                                    tensor_.get(), arguments.get<const void>(Operand::diff_dst), &none,
                                    tensor_.get(), arguments.get<void>(Operand::diff_src)),
              "cudnnSoftmaxBackward");
    }
};

}  // namespace

std::vector<Implementation> softmax_forward_entries() {
    return {implementation<SoftmaxForward>()};
}
std::vector<Implementation> softmax_backward_entries() {
    return {implementation<SoftmaxBackward>()};
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cudnn
