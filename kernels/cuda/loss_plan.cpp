// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Softmax with cross-entropy over rows of n x c. Forward keeps a loss a row in its workspace, and may
// overwrite its source. A gradient depends on how many rows of the batch count, so backward is not
// batch-invariant.
#include "kernels/cuda/operations.h"
#include "kernels/cuda/plan.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

class LossPlan : public PlainPlan {
   public:
    static bool understands(const Operation& op, const Limits&) {
        const Shape& s = op.as<Loss>().shape;
        return s.h == 1 && s.w == 1 && s.c > 0;
    }

   protected:
    explicit LossPlan(const Operation& op) : loss_(op.as<Loss>()) {
        plain(Operand::dst, loss_.shape.count());
        plain(Operand::labels, loss_.shape.n, DataType::i32);
        variant_ = "warp a row";
    }
    int rows() const { return static_cast<int>(loss_.shape.n); }
    int channels() const { return static_cast<int>(loss_.shape.c); }

    const Loss loss_;
};

class LossForward final : public LossPlan {
   public:
    LossForward(const Operation& op, const Limits&) : LossPlan(op) {
        plain(Operand::src, loss_.shape.count());
        plain(Operand::loss, 1);
        need_workspace(loss_.shape.n);
        batch_invariant_ = true;
        in_place_ = true;
    }
    void run(const Arguments& arguments, void* workspace, const Stream& stream) const override {
        loss_forward(arguments.get<const float>(Operand::src),
                     arguments.get<const std::int32_t>(Operand::labels), arguments.get<float>(Operand::dst),
                     arguments.get<float>(Operand::loss), static_cast<float*>(workspace), rows(), channels(),
                     queue_of(stream));
    }
};

class LossBackward final : public LossPlan {
   public:
    LossBackward(const Operation& op, const Limits&) : LossPlan(op) {
        plain(Operand::diff_src, loss_.shape.count());
    }
    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        loss_backward(
            arguments.get<const float>(Operand::dst), arguments.get<const std::int32_t>(Operand::labels),
            arguments.get<float>(Operand::diff_src), loss_.scale, rows(), channels(), queue_of(stream));
    }
};

}  // namespace

std::vector<Implementation> loss_forward_entries() {
    return {implementation<LossForward>()};
}
std::vector<Implementation> loss_backward_entries() {
    return {implementation<LossBackward>()};
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
