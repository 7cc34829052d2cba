// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Inverted dropout. Which elements are dropped is a function of seed, step, layer and position
// (kernels/philox.h), so backward works it out again instead of keeping a mask: both directions are one
// arithmetic on other operands. An image's elements depend on its place in the batch, as they should.
#include <algorithm>

#include "kernels/eigen/operations.h"
#include "kernels/eigen/plan.h"

namespace emulsion::kernels::eigen {
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
        const auto* const from = arguments.get<const float>(from_);
        auto* const to = arguments.get<float>(to_);
        const auto counter = *arguments.get<const DropoutCounter>(Operand::counter);
        const std::int64_t count = dropout_.shape.count();
        const std::uint32_t threshold = drop_threshold(dropout_.ratio);
        const float keep = 1.0F - dropout_.ratio;
        parallel_for(stream, divide_up(count, 4), grain_of(32),
                     [&](std::int64_t begin, std::int64_t end, int) {
                         for (std::int64_t block = begin; block < end; ++block) {
                             const Philox4 random = dropout_words(counter.seed, counter.step, dropout_.stream,
                                                                  static_cast<std::uint64_t>(block));
                             const std::int64_t first = block * 4, last = std::min(first + 4, count);
                             for (std::int64_t i = first; i < last; ++i)
                                 to[i] = random.word[i - first] >= threshold ? from[i] / keep : 0;
                         }
                     });
    }

   private:
    const Dropout dropout_;
    const Operand from_, to_;
};

}  // namespace

Implementation dropout() {
    return implementation<DropoutPlan>();
}

}  // namespace emulsion::kernels::eigen
