// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Local response normalisation. `saved` is the scale, a float for each element.
#include "kernels/cuda/operations.h"
#include "kernels/cuda/plan.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

class LrnPlan : public PlainPlan {
   public:
    static bool understands(const Operation& op, const Limits&) { return op.as<Lrn>().size >= 1; }

   protected:
    explicit LrnPlan(const Operation& op) : lrn_(op.as<Lrn>()) {
        batch_invariant_ = true;
        in_place_ = lrn_holds_window(lrn_.size);
        variant_ = std::string(in_place_ ? "window in registers" : "window from memory") +
                   (lrn_.beta == 0.75F ? ", square roots" : ", power");
    }
    LrnShape shape() const {
        const Shape& s = lrn_.shape;
        return {static_cast<int>(s.n),
                static_cast<int>(s.c),
                static_cast<int>(s.h * s.w),
                lrn_.size,
                lrn_.alpha,
                lrn_.beta,
                lrn_.k};
    }

    const Lrn lrn_;
};

class LrnForward final : public LrnPlan {
   public:
    LrnForward(const Operation& op, const Limits&) : LrnPlan(op) {
        plain(Operand::src, lrn_.shape.count());
        plain(Operand::dst, lrn_.shape.count());
        if (lrn_.keep) plain(Operand::saved, lrn_.shape.count());
    }
    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        lrn_forward(shape(), arguments.get<const float>(Operand::src), arguments.get<float>(Operand::dst),
                    lrn_.keep ? arguments.get<float>(Operand::saved) : nullptr, queue_of(stream));
    }
};

class LrnBackward final : public LrnPlan {
   public:
    /// Only this folder's forward plans are known to save the scale.
    static bool understands(const Operation& op, const Limits& limits) {
        return LrnPlan::understands(op, limits) &&
               (limits.forward == nullptr || dynamic_cast<const LrnForward*>(limits.forward) != nullptr);
    }

    LrnBackward(const Operation& op, const Limits&) : LrnPlan(op) {
        for (const Operand o :
             {Operand::src, Operand::dst, Operand::diff_dst, Operand::saved, Operand::diff_src})
            plain(o, lrn_.shape.count());
    }
    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        lrn_backward(shape(), arguments.get<const float>(Operand::src),
                     arguments.get<const float>(Operand::dst), arguments.get<const float>(Operand::diff_dst),
                     arguments.get<const float>(Operand::saved), arguments.get<float>(Operand::diff_src),
                     queue_of(stream));
    }
};

}  // namespace

std::vector<Implementation> lrn_forward_entries() {
    return {implementation<LrnForward>()};
}
std::vector<Implementation> lrn_backward_entries() {
    return {implementation<LrnBackward>()};
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
