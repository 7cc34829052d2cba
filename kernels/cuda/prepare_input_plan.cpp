// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Photos to a net's input.
#include "kernels/cuda/operations.h"
#include "kernels/cuda/plan.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

class PrepareInputPlan final : public PlainPlan {
   public:
    static bool understands(const Operation& op, const Limits&) {
        const auto& p = op.as<PrepareInput>();
        return p.dst.c == 3 && p.dst.h <= p.photo_h && p.dst.w <= p.photo_w;
    }

    PrepareInputPlan(const Operation& op, const Limits&) : p_(op.as<PrepareInput>()) {
        const std::int64_t photo = std::int64_t{3} * p_.photo_h * p_.photo_w;
        plain(Operand::photos, p_.dst.n * photo, DataType::u8);
        plain(Operand::crops, p_.dst.n * 3, DataType::i32);
        if (p_.mean_image) plain(Operand::mean, photo);
        plain(Operand::dst, p_.dst.count());
        batch_invariant_ = true;
        variant_ = p_.mean_image ? "mean image" : "channel means";
    }
    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        prepare_input(shape(), arguments.get<const std::uint8_t>(Operand::photos),
                      arguments.get<const std::int32_t>(Operand::crops),
                      p_.mean_image ? arguments.get<const float>(Operand::mean) : nullptr,
                      arguments.get<float>(Operand::dst), queue_of(stream));
    }

   private:
    InputShape shape() const {
        InputShape s{static_cast<int>(p_.dst.n),
                     static_cast<int>(p_.dst.h),
                     static_cast<int>(p_.dst.w),
                     p_.photo_h,
                     p_.photo_w,
                     p_.bgr,
                     {},
                     {}};
        for (std::size_t c = 0; c < 3; ++c) {
            s.mean[c] = p_.mean[c];
            s.scale[c] = p_.scale[c];
        }
        return s;
    }

    const PrepareInput p_;
};

}  // namespace

std::vector<Implementation> prepare_input_entries() {
    return {implementation<PrepareInputPlan>()};
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
