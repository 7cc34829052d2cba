// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Concatenation along channels, and its gradient, as copies of runs of memory. The layout is that of the
// first source where every source fills whole blocks of channels in it: then an image of dst (in NHWC, a
// cell of it) is the sources' images one after the other. Else plain.
#include <algorithm>
#include <cstring>

#include "kernels/onednn/call.h"
#include "kernels/onednn/elementwise.h"
#include "kernels/onednn/layouts.h"
#include "kernels/onednn/list.h"

namespace emulsion::kernels::onednn {
namespace {

class ConcatPlan : public Plan {
   public:
    struct Recipe {
        Concat concat;
        Planes planes;
        memory::data_type type;
        std::size_t workspace_bytes = 0;
    };

   protected:
    ConcatPlan(const Recipe& recipe, Operand whole);

    /// In the layout of what arrives, given with the shape that it has.
    static Recipe recipe_in(const Concat&, const Layout& arriving, const Shape&);

    /// copy(piece, whole, bytes) for each run of each piece.
    template <class Copy>
    void for_runs(const Arguments& arguments, Operand whole, const Stream& stream, const Copy& copy) const {
        auto* const all = arguments.get<std::byte>(whole);
        const std::int64_t grain = elementwise_grain * 4 / static_cast<std::int64_t>(run_bytes_) + 1;
        parallel_for(stream, runs_, grain, [&](std::int64_t begin, std::int64_t end, int) {
            for (auto run = static_cast<std::size_t>(begin); run < static_cast<std::size_t>(end); ++run) {
                std::byte* at = all + run * run_bytes_;
                for (std::size_t i = 0; i < piece_bytes_.size(); at += piece_bytes_[i++])
                    copy(static_cast<std::byte*>(arguments.list[i]) + run * piece_bytes_[i], at,
                         piece_bytes_[i]);
            }
        });
    }

   private:
    std::int64_t runs_;
    std::size_t run_bytes_;  ///< of all pieces together
    std::vector<std::size_t> piece_bytes_;
};

ConcatPlan::Recipe ConcatPlan::recipe_in(const Concat& c, const Layout& arriving, const Shape& shape) {
    const memory::desc plain = plain_desc(c.dst);
    const auto desc = known_desc(arriving, shape);
    const auto planes = desc ? planes_of(*desc) : std::nullopt;
    const bool blocked = planes && planes->tag != memory::format_tag::nhwc;
    const bool whole = planes && std::all_of(c.src.begin(), c.src.end(), [&](const Shape& s) {
                           return !blocked || s.c % planes->lanes == 0;
                       });
    if (whole) return {c, *planes, desc->data_type()};
    return {c, *planes_of(plain), plain.data_type()};
}

ConcatPlan::ConcatPlan(const Recipe& recipe, Operand whole) {
    const Concat& c = recipe.concat;
    const auto layout_of = [&](const Shape& s) {
        return value_layout({dims(s), recipe.type, recipe.planes.tag});
    };
    const bool cells = recipe.planes.tag == memory::format_tag::nhwc;
    runs_ = cells ? c.dst.n * c.dst.h * c.dst.w : c.dst.n;
    const auto run_bytes = [&](const Layout& layout) {
        return layout.bytes / static_cast<std::size_t>(runs_);
    };
    set_layout(whole, layout_of(c.dst));
    run_bytes_ = run_bytes(layout(whole));
    for (const Shape& s : c.src) {
        list_layouts_.push_back(layout_of(s));
        piece_bytes_.push_back(run_bytes(list_layouts_.back()));
    }
    batch_invariant_ = true;
    variant_ = "copy";
}

class ConcatForward final : public ConcatPlan {
   public:
    static std::optional<Recipe> consider(const Operation& op, const Limits& limits) {
        const auto& c = op.as<Concat>();
        return recipe_in(c, limits.arriving_list.empty() ? Layout{} : limits.arriving_list[0], c.src[0]);
    }

    explicit ConcatForward(const Recipe& recipe) : ConcatPlan(recipe, Operand::dst) {}

    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        for_runs(arguments, Operand::dst, stream,
                 [](const std::byte* piece, std::byte* whole, std::size_t bytes) {
                     std::memcpy(whole, piece, bytes);
                 });
    }
};

class ConcatBackward final : public ConcatPlan {
   public:
    static std::optional<Recipe> consider(const Operation& op, const Limits& limits) {
        const auto& c = op.as<Concat>();
        return recipe_in(c, limits.arrives(Operand::diff_dst), c.dst);
    }

    explicit ConcatBackward(const Recipe& recipe) : ConcatPlan(recipe, Operand::diff_dst) {}

    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        for_runs(arguments, Operand::diff_dst, stream,
                 [](std::byte* piece, const std::byte* whole, std::size_t bytes) {
                     std::memcpy(piece, whole, bytes);
                 });
    }
};

}  // namespace

Implementation concat_forward() {
    return Entry<ConcatForward>::implementation();
}
Implementation concat_backward() {
    return Entry<ConcatBackward>::implementation();
}

}  // namespace emulsion::kernels::onednn
