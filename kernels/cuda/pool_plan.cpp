// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Pooling. `saved` is, for each output, the place of its maximum in its window, row by row: a byte where 256
// places suffice, else an i32. Averages save nothing.
#include "kernels/cuda/operations.h"
#include "kernels/cuda/plan.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

PoolShape::Mode mode_of(const Pool& pool) {
    switch (pool.mode) {
        case Pool::Mode::maximum:
            return PoolShape::Mode::maximum;
        case Pool::Mode::average_padded:
            return PoolShape::Mode::average_padded;
        case Pool::Mode::average_inside:
            return PoolShape::Mode::average_inside;
    }
    throw KernelError("a pooling of no mode");
}

class PoolPlan : public PlainPlan {
   public:
    /// A window wholly outside the image has no maximum and no average.
    static bool understands(const Operation& op, const Limits&) {
        const auto& p = op.as<Pool>();
        const auto meets = [](std::int64_t src, std::int64_t dst, int kernel, int stride, int pad) {
            return kernel > pad && (dst - 1) * stride - pad < src;
        };
        return meets(p.src.h, p.dst.h, p.kernel_h, p.stride_h, p.pad_h) &&
               meets(p.src.w, p.dst.w, p.kernel_w, p.stride_w, p.pad_w);
    }

   protected:
    explicit PoolPlan(const Operation& op) : p_(op.as<Pool>()) {
        batch_invariant_ = true;
        variant_ = is_maximum() ? "max" : "average";
    }
    bool is_maximum() const { return p_.mode == Pool::Mode::maximum; }
    DataType place_type() const {
        return pool_places_fit_bytes(p_.kernel_h, p_.kernel_w) ? DataType::u8 : DataType::i32;
    }
    PoolShape shape() const {
        return {static_cast<int>(p_.src.n * p_.src.c),
                static_cast<int>(p_.src.h),
                static_cast<int>(p_.src.w),
                static_cast<int>(p_.dst.h),
                static_cast<int>(p_.dst.w),
                p_.kernel_h,
                p_.kernel_w,
                p_.stride_h,
                p_.stride_w,
                p_.pad_h,
                p_.pad_w,
                mode_of(p_)};
    }

    const Pool p_;
};

class PoolForward final : public PoolPlan {
   public:
    PoolForward(const Operation& op, const Limits&) : PoolPlan(op) {
        plain(Operand::src, p_.src.count());
        plain(Operand::dst, p_.dst.count());
        if (saves()) plain(Operand::saved, p_.dst.count(), place_type());
    }
    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        pool_forward(shape(), arguments.get<const float>(Operand::src), arguments.get<float>(Operand::dst),
                     saves() ? arguments.get<void>(Operand::saved) : nullptr, queue_of(stream));
    }

   private:
    bool saves() const { return p_.keep && is_maximum(); }
};

class PoolBackward final : public PoolPlan {
   public:
    /// Places are saved as above only by this folder's forward plans.
    static bool understands(const Operation& op, const Limits& limits) {
        const bool reads_saved = op.as<Pool>().mode == Pool::Mode::maximum && limits.forward != nullptr;
        return PoolPlan::understands(op, limits) &&
               (!reads_saved || dynamic_cast<const PoolForward*>(limits.forward) != nullptr);
    }

    PoolBackward(const Operation& op, const Limits&) : PoolPlan(op) {
        plain(Operand::diff_dst, p_.dst.count());
        if (is_maximum()) plain(Operand::saved, p_.dst.count(), place_type());
        plain(Operand::diff_src, p_.src.count());
    }
    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        pool_backward(shape(), arguments.get<const float>(Operand::diff_dst),
                      arguments.get<const void>(Operand::saved), arguments.get<float>(Operand::diff_src),
                      queue_of(stream));
    }
};

}  // namespace

std::vector<Implementation> pool_forward_entries() {
    return {implementation<PoolForward>()};
}
std::vector<Implementation> pool_backward_entries() {
    return {implementation<PoolBackward>()};
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
