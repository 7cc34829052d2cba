// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The sum of squares: a double for every part of the buffer as workspace.
#include "kernels/cuda/operations.h"
#include "kernels/cuda/plan.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

class SquareSumPlan final : public PlainPlan {
   public:
    static bool understands(const Operation&, const Limits&) { return true; }
    static bool countable() { return true; }  // in 64 bits

    SquareSumPlan(const Operation& op, const Limits&) : count_(op.as<SquareSum>().count) {
        plain(Operand::src, count_);
        plain(Operand::dst, 1, DataType::f64);
        need_workspace(square_sum_parts(count_), sizeof(double));
        variant_ = "parts";
    }

    void run(const Arguments& arguments, void* workspace, const Stream& stream) const override {
        square_sum(arguments.get<const float>(Operand::src), count_, static_cast<double*>(workspace),
                   arguments.get<double>(Operand::dst), queue_of(stream));
    }

   private:
    const std::int64_t count_;
};

}  // namespace

std::vector<Implementation> square_sum_entries() {
    return {implementation<SquareSumPlan>()};
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
