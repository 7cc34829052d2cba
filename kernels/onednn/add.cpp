// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// dst = src + src2 in whatever layout src arrives.
#include "kernels/onednn/call.h"
#include "kernels/onednn/elementwise.h"
#include "kernels/onednn/layouts.h"
#include "kernels/onednn/list.h"
#include "kernels/onednn/simd.h"

namespace emulsion::kernels::onednn {
namespace {

class AddPlan final : public ElementwisePlan {
   public:
    static std::optional<Recipe> consider(const Operation& op, const Limits& limits) {
        return Recipe{arriving_desc(limits, Operand::src, op.as<Add>().shape)};
    }

    explicit AddPlan(const Recipe& recipe)
        : ElementwisePlan(recipe, {Operand::src, Operand::src2, Operand::dst}) {}

    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        with_type([&]<class T>(T) {
            const T* const src = arguments.get<const T>(Operand::src);
            const T* const src2 = arguments.get<const T>(Operand::src2);
            T* const dst = arguments.get<T>(Operand::dst);
            for_elements(stream, count(), [=](std::int64_t i) {
                float a, b;
                load<1>(src + i, a);
                load<1>(src2 + i, b);
                save<1>(a + b, dst + i);
            });
        });
    }
};

}  // namespace

Implementation add() {
    return Entry<AddPlan>::implementation();
}

}  // namespace emulsion::kernels::onednn
