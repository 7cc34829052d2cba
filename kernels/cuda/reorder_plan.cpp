// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Reorders between the plain layouts nchw and nhwc, and conversions between f32 and bf16.
#include "kernels/cuda/operations.h"
#include "kernels/cuda/plan.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

class ReorderPlan final : public PlainPlan {
   public:
    static bool understands(const Operation& op, const Limits&) {
        const auto& r = op.as<Reorder>();
        return stands(r.shape, r.from) && stands(r.shape, r.to);
    }

    ReorderPlan(const Operation& op, const Limits&) : r_(op.as<Reorder>()) {
        set_layout(Operand::src, r_.from);
        set_layout(Operand::dst, r_.to);
        batch_invariant_ = true;
        variant_ = r_.from.kind == r_.to.kind ? "copy" : "transpose";
    }

    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        const Shape& s = r_.shape;
        reorder(static_cast<int>(s.n), static_cast<int>(s.c), static_cast<int>(s.h * s.w),
                arrangement(r_.from), arguments.get<const void>(Operand::src), arrangement(r_.to),
                arguments.get<void>(Operand::dst), queue_of(stream));
    }

   private:
    static bool stands(const Shape& shape, const Layout& layout) {
        return (layout.type == DataType::f32 || layout.type == DataType::bf16) &&
               layout.kind != Layout::Kind::opaque &&
               layout.bytes == static_cast<std::size_t>(shape.count()) * size_of(layout.type);
    }

    static Arrangement arrangement(const Layout& layout) {
        return {layout.kind == Layout::Kind::nhwc, layout.type == DataType::bf16};
    }

    const Reorder r_;
};

}  // namespace

std::vector<Implementation> reorder_entries() {
    return {implementation<ReorderPlan>()};
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
