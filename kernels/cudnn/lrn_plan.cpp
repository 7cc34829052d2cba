// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Local response normalisation by cuDNN, in plain f32. Like ours it divides alpha by the window, and an even
// window has one channel more after the middle than before. It saves nothing: backward computes again.
#include "kernels/cudnn/legacy.h"
#include "kernels/cudnn/operations.h"
#include "kernels/cudnn/plan.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cudnn {
namespace {

class LrnDescriptor {
   public:
    explicit LrnDescriptor(const Lrn& l) {
        check(api().CreateLRNDescriptor(&descriptor_), "cudnnCreateLRNDescriptor");
        try {
            check(api().SetLRNDescriptor(descriptor_, static_cast<unsigned>(l.size), double{l.alpha},
                                         double{l.beta}, double{l.k}),
                  "cudnnSetLRNDescriptor");
        } catch (...) {
            api().DestroyLRNDescriptor(descriptor_);
            throw;
        }
    }
    LrnDescriptor(const LrnDescriptor&) = delete;
    LrnDescriptor& operator=(const LrnDescriptor&) = delete;
    ~LrnDescriptor() { api().DestroyLRNDescriptor(descriptor_); }

    cudnnLRNDescriptor_t get() const { return descriptor_; }

   private:
    cudnnLRNDescriptor_t descriptor_ = nullptr;
};

class LrnPlan : public PlainPlan {
   protected:
    explicit LrnPlan(const Lrn& l) : lrn_(l), tensor_(l.shape) { variant_ = "cross-channel LRN"; }

    template <class P>
    static std::unique_ptr<P> make_lrn(const Operation& op, const Limits& limits) {
        const auto& l = op.as<Lrn>();
        const bool within = l.size >= static_cast<int>(CUDNN_LRN_MIN_N) &&
                            l.size <= static_cast<int>(CUDNN_LRN_MAX_N) && l.k >= CUDNN_LRN_MIN_K &&
                            l.beta >= CUDNN_LRN_MIN_BETA;
        if (!within || limits.precision != Precision::fp32) return nullptr;
        handle();  // made now, since run() takes no memory
        auto plan = std::make_unique<P>(l);
        return plan->countable() ? std::move(plan) : nullptr;
    }

    const LrnDescriptor lrn_;
    const TensorDescriptor tensor_;
};

class LrnForward final : public LrnPlan {
   public:
    static std::unique_ptr<LrnForward> make(const Operation& op, const Limits& limits, const Way&) {
        return make_lrn<LrnForward>(op, limits);
    }

    explicit LrnForward(const Lrn& l) : LrnPlan(l) {
        plain(Operand::src, l.shape.count());
        plain(Operand::dst, l.shape.count());
    }

    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        check(api().LRNCrossChannelForward(handle_on(stream), lrn_.get(), CUDNN_LRN_CROSS_CHANNEL_DIM1, &one,
                                           tensor_.get(), arguments.get<const void>(Operand::src), &none,
                                           tensor_.get(), arguments.get<void>(Operand::dst)),
              "cudnnLRNCrossChannelForward");
    }
};

class LrnBackward final : public LrnPlan {
   public:
    static std::unique_ptr<LrnBackward> make(const Operation& op, const Limits& limits, const Way&) {
        return make_lrn<LrnBackward>(op, limits);
    }

    explicit LrnBackward(const Lrn& l) : LrnPlan(l) {
        for (const Operand o : {Operand::src, Operand::dst, Operand::diff_dst, Operand::diff_src})
            plain(o, l.shape.count());
    }

    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        check(api().LRNCrossChannelBackward(handle_on(stream), lrn_.get(), CUDNN_LRN_CROSS_CHANNEL_DIM1, &one,
                                            tensor_.get(), arguments.get<const void>(Operand::dst),
                                            tensor_.get(), arguments.get<const void>(Operand::diff_dst),
                                            tensor_.get(), arguments.get<const void>(Operand::src), &none,
                                            tensor_.get(), arguments.get<void>(Operand::diff_src)),
              "cudnnLRNCrossChannelBackward");
    }
};

}  // namespace

std::vector<Implementation> lrn_forward_entries() {
    return {implementation<LrnForward>()};
}
std::vector<Implementation> lrn_backward_entries() {
    return {implementation<LrnBackward>()};
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cudnn
