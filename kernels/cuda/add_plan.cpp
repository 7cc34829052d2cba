// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Addition: element by element, in place if wanted.
#include "kernels/cuda/operations.h"
#include "kernels/cuda/plan.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

class AddPlan final : public PlainPlan {
   public:
    static bool understands(const Operation&, const Limits&) { return true; }

    AddPlan(const Operation& op, const Limits&) : count_(op.as<Add>().shape.count()) {
        plain(Operand::src, count_);
        plain(Operand::src2, count_);
        plain(Operand::dst, count_);
        batch_invariant_ = true;
        in_place_ = true;
        variant_ = "elementwise";
    }

    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        add(arguments.get<const float>(Operand::src), arguments.get<const float>(Operand::src2),
            arguments.get<float>(Operand::dst), static_cast<int>(count_), queue_of(stream));
    }

   private:
    const std::int64_t count_;
};

}  // namespace

std::vector<Implementation> add_entries() {
    return {implementation<AddPlan>()};
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
