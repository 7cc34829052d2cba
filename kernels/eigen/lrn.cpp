// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Local response normalisation across channels (Krizhevsky et al. 2012). With x = src, y = dst, g and h
// their gradients, W(c) the channels of the window around c, and V(c) those whose windows hold c:
//
//     scale = k + alpha / size * sum over W(c) of x^2,   y = x / scale^beta
//     h = g / scale^beta - 2 alpha beta / size * x * sum over V(c) of g y / scale
//
// An item is a run of pixels of one image, all channels. It first writes the terms of the sums to its
// scratch, channel by channel, then adds each window afresh: five additions are cheap, and a running sum
// would carry its rounding errors from channel to channel. All loops run along pixels, so the compiler
// uses vectors, and a pixel's arithmetic does not depend on where it stands.
#include <algorithm>
#include <cmath>

#include "kernels/eigen/operations.h"
#include "kernels/eigen/plan.h"

namespace emulsion::kernels::eigen {
namespace {

constexpr std::int64_t run_pixels = 128;

/// scale^beta. AlexNet's 3/4 takes two square roots, which vectors have, unlike powers.
struct ThreeQuarters {
    float operator()(float scale) const { return std::sqrt(scale) * std::sqrt(std::sqrt(scale)); }
};
struct AnyPower {
    float beta;
    float operator()(float scale) const { return std::pow(scale, beta); }
};

class LrnPlan : public PlainPlan {
   public:
    static bool understands(const Operation& op, const Limits&) { return op.as<Lrn>().size >= 1; }

   protected:
    LrnPlan(const Operation& op, const Limits& limits) : lrn_(op.as<Lrn>()) {
        need_workspace((channels_ + 1) * run_pixels * limits.threads);
        batch_invariant_ = true;
        in_place_ = true;
        variant_ = lrn_.beta == 0.75F ? "square roots" : "power";
    }

    /// Calls body(offset, pixels, scratch) for every run: where it starts, how long it is, and one line
    /// of run_pixels a channel, and one more.
    template <class Body>
    void for_each_run(void* workspace, const Stream& stream, const Body& body) const {
        const std::int64_t runs = divide_up(plane_, run_pixels);
        const std::int64_t grain = grain_of(channels_ * run_pixels);
        parallel_for(stream, lrn_.shape.n * runs, grain, [&](std::int64_t begin, std::int64_t end, int part) {
            float* const scratch = static_cast<float*>(workspace) + (channels_ + 1) * run_pixels * part;
            for (std::int64_t i = begin; i < end; ++i) {
                const std::int64_t p = i % runs * run_pixels;
                body(i / runs * channels_ * plane_ + p, std::min(run_pixels, plane_ - p), scratch);
            }
        });
    }

    /// Adds lines [c - before, c + after] of the scratch, as far as there are such channels. The answer
    /// is the line beyond the channels'; what is made of it is made there and then copied out, so that
    /// the compiler knows that nothing it writes is read again, even when the plan runs in place.
    float* window_sum(float* scratch, std::int64_t pixels, std::int64_t c, std::int64_t before,
                      std::int64_t after) const {
        float* const sum = scratch + channels_ * run_pixels;
        const std::int64_t first = std::max<std::int64_t>(0, c - before);
        const std::int64_t last = std::min(channels_ - 1, c + after);
        std::copy_n(scratch + first * run_pixels, pixels, sum);
        for (std::int64_t line = first + 1; line <= last; ++line)
            for (std::int64_t i = 0; i < pixels; ++i) sum[i] += scratch[line * run_pixels + i];
        return sum;
    }

    const Lrn lrn_;
    const std::int64_t channels_ = lrn_.shape.c, plane_ = lrn_.shape.h * lrn_.shape.w;
    const std::int64_t before_ = (lrn_.size - 1) / 2, after_ = lrn_.size / 2;
};

class LrnForward final : public LrnPlan {
   public:
    LrnForward(const Operation& op, const Limits& limits) : LrnPlan(op, limits) {
        plain(Operand::src, lrn_.shape.count());
        plain(Operand::dst, lrn_.shape.count());
        if (lrn_.keep) plain(Operand::saved, lrn_.shape.count());
    }

    void run(const Arguments& arguments, void* workspace, const Stream& stream) const override {
        if (lrn_.beta == 0.75F)
            normalise(arguments, workspace, stream, ThreeQuarters{});
        else
            normalise(arguments, workspace, stream, AnyPower{lrn_.beta});
    }

   private:
    template <class Power>
    void normalise(const Arguments& arguments, void* workspace, const Stream& stream, Power power) const {
        const auto* const src = arguments.get<const float>(Operand::src);
        auto* const dst = arguments.get<float>(Operand::dst);
        auto* const saved = lrn_.keep ? arguments.get<float>(Operand::saved) : nullptr;
        const float alpha = lrn_.alpha / static_cast<float>(lrn_.size), k = lrn_.k;
        for_each_run(workspace, stream, [&](std::int64_t offset, std::int64_t pixels, float* squares) {
            for (std::int64_t c = 0; c < channels_; ++c)
                for (std::int64_t i = 0; i < pixels; ++i) {
                    const float value = src[offset + c * plane_ + i];
                    squares[c * run_pixels + i] = value * value;
                }
            for (std::int64_t c = 0; c < channels_; ++c) {
                float* const line = window_sum(squares, pixels, c, before_, after_);
                const std::int64_t at = offset + c * plane_;
                for (std::int64_t i = 0; i < pixels; ++i) line[i] = k + alpha * line[i];
                if (saved != nullptr) std::copy_n(line, pixels, saved + at);
                for (std::int64_t i = 0; i < pixels; ++i) line[i] = src[at + i] / power(line[i]);
                std::copy_n(line, pixels, dst + at);
            }
        });
    }
};

class LrnBackward final : public LrnPlan {
   public:
    /// `saved` is the scale, which only this folder's forward plans are known to write.
    static bool understands(const Operation& op, const Limits& limits) {
        return LrnPlan::understands(op, limits) &&
               (limits.forward == nullptr || dynamic_cast<const LrnForward*>(limits.forward) != nullptr);
    }

    LrnBackward(const Operation& op, const Limits& limits) : LrnPlan(op, limits) {
        for (const Operand o :
             {Operand::src, Operand::dst, Operand::diff_dst, Operand::saved, Operand::diff_src})
            plain(o, lrn_.shape.count());
    }

    void run(const Arguments& arguments, void* workspace, const Stream& stream) const override {
        if (lrn_.beta == 0.75F)
            differentiate(arguments, workspace, stream, ThreeQuarters{});
        else
            differentiate(arguments, workspace, stream, AnyPower{lrn_.beta});
    }

   private:
    template <class Power>
    void differentiate(const Arguments& arguments, void* workspace, const Stream& stream, Power power) const {
        const auto* const src = arguments.get<const float>(Operand::src);
        const auto* const dst = arguments.get<const float>(Operand::dst);
        const auto* const diff_dst = arguments.get<const float>(Operand::diff_dst);
        const auto* const scale = arguments.get<const float>(Operand::saved);
        auto* const diff_src = arguments.get<float>(Operand::diff_src);
        const float factor = 2.0F * lrn_.alpha * lrn_.beta / static_cast<float>(lrn_.size);
        for_each_run(workspace, stream, [&](std::int64_t offset, std::int64_t pixels, float* ratios) {
            for (std::int64_t c = 0; c < channels_; ++c)
                for (std::int64_t i = 0; i < pixels; ++i) {
                    const std::int64_t at = offset + c * plane_ + i;
                    ratios[c * run_pixels + i] = diff_dst[at] * dst[at] / scale[at];
                }
            for (std::int64_t c = 0; c < channels_; ++c) {
                float* const line = window_sum(ratios, pixels, c, after_, before_);
                const std::int64_t at = offset + c * plane_;
                for (std::int64_t i = 0; i < pixels; ++i)
                    line[i] = diff_dst[at + i] / power(scale[at + i]) - factor * src[at + i] * line[i];
                std::copy_n(line, pixels, diff_src + at);
            }
        });
    }
};

}  // namespace

Implementation lrn_forward() {
    return implementation<LrnForward>();
}
Implementation lrn_backward() {
    return implementation<LrnBackward>();
}

}  // namespace emulsion::kernels::eigen
