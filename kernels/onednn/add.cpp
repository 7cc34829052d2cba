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
            parallel_for(stream, count(), elementwise_grain, [=](std::int64_t i, std::int64_t end, int) {
                for (; i + 8 <= end; i += 8) add<8>(src + i, src2 + i, dst + i);
                for (; i < end; ++i) add<1>(src + i, src2 + i, dst + i);
            });
        });
    }

   private:
    template <int width, class T>
    static void add(const T* src, const T* src2, T* dst) {
        Floats<width> a, b;
        load<width>(src, a);
        load<width>(src2, b);
        save<width>(a + b, dst);
    }
};

}  // namespace

Implementation add() {
    return Entry<AddPlan>::implementation();
}

}  // namespace emulsion::kernels::onednn
