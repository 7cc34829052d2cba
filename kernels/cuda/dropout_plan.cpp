// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Dropout, both ways: the same arithmetic on other operands. An image's elements depend on its place in the
// batch, as they should.
#include "kernels/cuda/operations.h"
#include "kernels/cuda/plan.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

class DropoutPlan final : public PlainPlan {
   public:
    static bool understands(const Operation& op, const Limits&) {
        const float ratio = op.as<Dropout>().ratio;
        return ratio >= 0 && ratio < 1;
    }

    DropoutPlan(const Operation& op, const Limits&)
        : dropout_(op.as<Dropout>()),
          from_(op.kind == OpKind::dropout_forward ? Operand::src : Operand::diff_dst),
          to_(op.kind == OpKind::dropout_forward ? Operand::dst : Operand::diff_src) {
        plain(from_, dropout_.shape.count());
        plain(to_, dropout_.shape.count());
        plain(Operand::counter, sizeof(DropoutCounter), DataType::u8);
        in_place_ = true;
        variant_ = "philox";
    }
    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        dropout(arguments.get<const float>(from_), arguments.get<float>(to_),
                static_cast<int>(dropout_.shape.count()), dropout_.ratio, dropout_.stream,
                arguments.get<const std::uint64_t>(Operand::counter), queue_of(stream));
    }

   private:
    const Dropout dropout_;
    const Operand from_, to_;
};

}  // namespace

std::vector<Implementation> dropout_entries() {
    return {implementation<DropoutPlan>()};
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
