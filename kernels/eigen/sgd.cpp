// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What a training step does to flat buffers: addition of gradients, the sum of squares by which a
// gradient is clipped and watched, and the update itself.
#include <algorithm>

#include "kernels/eigen/operations.h"
#include "kernels/eigen/plan.h"

namespace emulsion::kernels::eigen {
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
        const auto* const src = arguments.get<const float>(Operand::src);
        const auto* const src2 = arguments.get<const float>(Operand::src2);
        auto* const dst = arguments.get<float>(Operand::dst);
        parallel_for(stream, count_, elementwise_grain, [&](std::int64_t begin, std::int64_t end, int) {
            for (std::int64_t i = begin; i < end; ++i) dst[i] = src[i] + src2[i];
        });
    }

   private:
    const std::int64_t count_;
};

/// Blocks of a fixed size, each summed by eight sums side by side, then added in order.
class SquareSumPlan final : public PlainPlan {
   public:
    static bool understands(const Operation&, const Limits&) { return true; }

    SquareSumPlan(const Operation& op, const Limits&) : count_(op.as<SquareSum>().count) {
        plain(Operand::src, count_);
        plain(Operand::dst, 1, DataType::f64);
        workspace_bytes_ = static_cast<std::size_t>(divide_up(count_, block)) * sizeof(double);
        variant_ = "blocks";
    }

    void run(const Arguments& arguments, void* workspace, const Stream& stream) const override {
        const auto* const src = arguments.get<const float>(Operand::src);
        auto* const sums = static_cast<double*>(workspace);
        const std::int64_t blocks = divide_up(count_, block);
        parallel_for(stream, blocks, 1, [&](std::int64_t begin, std::int64_t end, int) {
            for (std::int64_t i = begin; i < end; ++i)
                sums[i] = block_sum(src + i * block, std::min(block, count_ - i * block));
        });
        double sum = 0;
        for (std::int64_t i = 0; i < blocks; ++i) sum += sums[i];
        *arguments.get<double>(Operand::dst) = sum;
    }

   private:
    static constexpr std::int64_t block = elementwise_grain;

    static double block_sum(const float* values, std::int64_t count) {
        double sums[8] = {};
        const auto add = [&](std::int64_t at, int lane) {
            const auto value = static_cast<double>(values[at]);
            sums[lane] += value * value;
        };
        std::int64_t i = 0;
        for (; i + 8 <= count; i += 8)
            for (int lane = 0; lane < 8; ++lane) add(i + lane, lane);
        for (; i < count; ++i) add(i, 0);
        return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
    }

    const std::int64_t count_;
};

class SgdUpdate final : public PlainPlan {
   public:
    static bool understands(const Operation&, const Limits&) { return true; }

    SgdUpdate(const Operation& op, const Limits&) : sgd_(op.as<Sgd>()) {
        plain(Operand::weights, sgd_.count);
        plain(Operand::diff_weights, sgd_.count);
        plain(Operand::momentum, sgd_.count);
        plain(Operand::rates, sizeof(SgdRates), DataType::u8);
        in_place_ = true;
        variant_ = sgd_.l1 ? "elementwise l1" : "elementwise l2";
    }

    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        const SgdRates rates = *arguments.get<const SgdRates>(Operand::rates);
        if (rates.skip != 0) return;
        for (const Sgd::Segment& segment : sgd_.segments) {
            if (segment.rate_mult == 0) continue;
            parallel_for(stream, segment.count, elementwise_grain,
                         [&](std::int64_t begin, std::int64_t end, int) {
                             update(arguments, rates, segment, segment.offset + begin, end - begin);
                         });
        }
    }

   private:
    void update(const Arguments& arguments, const SgdRates& rates, const Sgd::Segment& segment,
                std::int64_t first, std::int64_t count) const {
        float* const w = arguments.get<float>(Operand::weights) + first;
        float* const v = arguments.get<float>(Operand::momentum) + first;
        const float* const diff = arguments.get<const float>(Operand::diff_weights) + first;
        const float rate = rates.rate * segment.rate_mult, decay = rates.decay * segment.decay_mult;
        const float momentum = rates.momentum, scale = rates.scale;
        const auto step = [=](auto penalty) {
            for (std::int64_t i = 0; i < count; ++i) {
                const float gradient = scale * diff[i] + decay * penalty(w[i]);
                v[i] = momentum * v[i] + rate * gradient;
                w[i] -= v[i];
            }
        };
        if (sgd_.l1)
            step([](float weight) { return weight > 0 ? 1.0F : weight < 0 ? -1.0F : 0.0F; });
        else
            step([](float weight) { return weight; });
    }

    const Sgd sgd_;
};

}  // namespace

Implementation add() {
    return implementation<AddPlan>();
}
Implementation square_sum() {
    return implementation<SquareSumPlan>();
}
Implementation sgd_update() {
    return implementation<SgdUpdate>();
}

}  // namespace emulsion::kernels::eigen
