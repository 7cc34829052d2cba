// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The same value in another layout or type: any of ours, plain and NHWC, fp32 and bf16.
#include "kernels/onednn/call.h"
#include "kernels/onednn/layouts.h"
#include "kernels/onednn/list.h"

namespace emulsion::kernels::onednn {
namespace {

class ReorderPlan final : public Plan {
   public:
    struct Recipe {
        Reorder reorder;
        int threads;
        dnnl::reorder::primitive_desc primitive;
        std::size_t workspace_bytes;
    };

    static std::optional<Recipe> consider(const Operation& op, const Limits& limits) {
        const auto& r = op.as<Reorder>();
        const auto from = known_desc(r.from, r.shape), to = known_desc(r.to, r.shape);
        if (!from || !to || *from == *to) return std::nullopt;
        const auto primitive = reorder_between(*from, *to);
        if (!is_fast(primitive)) return std::nullopt;
        return Recipe{r, limits.threads, primitive, scratch_bytes(primitive)};
    }

    explicit ReorderPlan(const Recipe& recipe)
        : call_(reorder_call(recipe.primitive)), threads_(recipe.threads) {
        set_layout(Operand::src, recipe.reorder.from);
        set_layout(Operand::dst, recipe.reorder.to);
        workspace_bytes_ = recipe.workspace_bytes;
        batch_invariant_ = true;  // no arithmetic but rounding, element by element
        variant_ = recipe.primitive.impl_info_str();
    }

    void run(const Arguments& arguments, void* workspace, const Stream&) const override {
        const TeamSize team(threads_);
        call_({arguments.get<void>(Operand::src), arguments.get<void>(Operand::dst), workspace});
    }

   private:
    Call call_;
    int threads_;
};

}  // namespace

Implementation reorder() {
    return Entry<ReorderPlan>::implementation();
}

}  // namespace emulsion::kernels::onednn
