// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Pooling by cuDNN, in plain f32, where no backward pass will follow: cuDNN's would want src and dst again,
// which ours does not keep, and does not say which of equal values gets the gradient.
#include "kernels/cudnn/operations.h"
#include "kernels/cudnn/plan.h"
#include "kernels/cudnn/pool.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cudnn {
namespace {

class PoolForward final : public PlainPlan {
   public:
    static std::unique_ptr<PoolForward> make(const Operation& op, const Limits& limits, const Way&) {
        const auto& p = op.as<Pool>();
        if (p.keep || limits.precision != Precision::fp32) return nullptr;
        const auto graph = pool_graph(p);
        if (!graph) return nullptr;
        Demands demands;
        demands.workspace_bytes = limits.workspace_bytes;
        auto engine = choose_engine(*graph, current_target(), demands, 0);
        if (!engine) return nullptr;
        auto plan = std::make_unique<PoolForward>(p, std::move(*engine));
        return plan->countable() ? std::move(plan) : nullptr;
    }

    PoolForward(const Pool& p, Engine engine) : engine_(std::move(engine)) {
        plain(Operand::src, p.src.count());
        plain(Operand::dst, p.dst.count());
        workspace_bytes_ = engine_.workspace_bytes;
        variant_ = engine_.name;
    }

    void run(const Arguments& arguments, void* workspace, const Stream& stream) const override {
        execute(handle_on(stream), engine_,
                {{Operand::src, arguments.get<const void>(Operand::src)},
                 {Operand::dst, arguments.get<const void>(Operand::dst)}},
                workspace);
    }

   private:
    const Engine engine_;
};

}  // namespace

std::vector<Implementation> pool_forward_entries() {
    return {implementation<PoolForward>()};
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cudnn
