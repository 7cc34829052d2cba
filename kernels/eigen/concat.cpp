// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Concatenation along channels: in NCHW a source's share of an image is one run of memory, so both
// directions are copies.
#include <algorithm>

#include "kernels/eigen/operations.h"
#include "kernels/eigen/plan.h"

namespace emulsion::kernels::eigen {
namespace {

class ConcatPlan : public PlainPlan {
   public:
    static bool understands(const Operation& op, const Limits&) {
        const auto& concat = op.as<Concat>();
        std::int64_t channels = 0;
        for (const Shape& s : concat.src) {
            if (s.n != concat.dst.n || s.h != concat.dst.h || s.w != concat.dst.w) return false;
            channels += s.c;
        }
        return channels == concat.dst.c;
    }

   protected:
    ConcatPlan(const Operation& op, Operand whole) : concat_(op.as<Concat>()) {
        plain(whole, concat_.dst.count());
        for (const Shape& s : concat_.src) list_layouts_.push_back(plain_layout(s.count()));
        batch_invariant_ = true;
        variant_ = "copy";
    }

    /// Calls copy(source, offset in the source, offset in the whole, count) for every run.
    template <class Copy>
    void for_each_run(const Stream& stream, const Copy& copy) const {
        const std::int64_t image = concat_.dst.per_image();
        parallel_for(stream, concat_.dst.n, grain_of(image), [&](std::int64_t begin, std::int64_t end, int) {
            for (std::int64_t n = begin; n < end; ++n) {
                std::int64_t offset = n * image;
                for (std::size_t i = 0; i < concat_.src.size(); ++i) {
                    const std::int64_t count = concat_.src[i].per_image();
                    copy(i, n * count, offset, count);
                    offset += count;
                }
            }
        });
    }

    const Concat concat_;
};

class ConcatForward final : public ConcatPlan {
   public:
    ConcatForward(const Operation& op, const Limits&) : ConcatPlan(op, Operand::dst) {}

    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        auto* const dst = arguments.get<float>(Operand::dst);
        for_each_run(stream, [&](std::size_t i, std::int64_t from, std::int64_t to, std::int64_t count) {
            std::copy_n(static_cast<const float*>(arguments.list[i]) + from, count, dst + to);
        });
    }
};

class ConcatBackward final : public ConcatPlan {
   public:
    ConcatBackward(const Operation& op, const Limits&) : ConcatPlan(op, Operand::diff_dst) {}

    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        const auto* const diff_dst = arguments.get<const float>(Operand::diff_dst);
        for_each_run(stream, [&](std::size_t i, std::int64_t to, std::int64_t from, std::int64_t count) {
            std::copy_n(diff_dst + from, count, static_cast<float*>(arguments.list[i]) + to);
        });
    }
};

}  // namespace

Implementation concat_forward() {
    return implementation<ConcatForward>();
}
Implementation concat_backward() {
    return implementation<ConcatBackward>();
}

}  // namespace emulsion::kernels::eigen
