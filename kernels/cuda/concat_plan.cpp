// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Concatenation along channels: in NCHW a source's share of an image is one run of memory, so both
// directions are copies of rows, a launch a source.
#include "kernels/cuda/operations.h"
#include "kernels/cuda/plan.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
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

    int pitch() const { return static_cast<int>(concat_.dst.per_image()); }

    /// Calls copy(source, its place in an image of the whole, numbers an image) for every source.
    template <class Copy>
    void for_each_source(const Copy& copy) const {
        int offset = 0;
        for (std::size_t i = 0; i < concat_.src.size(); ++i) {
            const auto width = static_cast<int>(concat_.src[i].per_image());
            copy(i, offset, width);
            offset += width;
        }
    }

    int images() const { return static_cast<int>(concat_.dst.n); }

    const Concat concat_;
};

class ConcatForward final : public ConcatPlan {
   public:
    ConcatForward(const Operation& op, const Limits&) : ConcatPlan(op, Operand::dst) {}

    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        auto* const dst = arguments.get<float>(Operand::dst);
        for_each_source([&](std::size_t i, int offset, int width) {
            copy_rows(static_cast<const float*>(arguments.list[i]), width, dst + offset, pitch(), images(),
                      width, queue_of(stream));
        });
    }
};

class ConcatBackward final : public ConcatPlan {
   public:
    ConcatBackward(const Operation& op, const Limits&) : ConcatPlan(op, Operand::diff_dst) {}

    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        const auto* const diff_dst = arguments.get<const float>(Operand::diff_dst);
        for_each_source([&](std::size_t i, int offset, int width) {
            copy_rows(diff_dst + offset, pitch(), static_cast<float*>(arguments.list[i]), width, images(),
                      width, queue_of(stream));
        });
    }
};

}  // namespace

std::vector<Implementation> concat_forward_entries() {
    return {implementation<ConcatForward>()};
}
std::vector<Implementation> concat_backward_entries() {
    return {implementation<ConcatBackward>()};
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
