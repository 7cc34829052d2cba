// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Local response normalisation, in the layout that arrives where oneDNN does well in it, else in blocks of
// channels. `saved` is the workspace that oneDNN's forward pass leaves for its own backward pass. Batch
// invariance as for convolution: the primitive for one image, called for each.
#include "kernels/onednn/call.h"
#include "kernels/onednn/layouts.h"
#include "kernels/onednn/list.h"

namespace emulsion::kernels::onednn {
namespace {

using Forward = dnnl::lrn_forward;
using Backward = dnnl::lrn_backward;
using tag = memory::format_tag;

constexpr auto across = dnnl::algorithm::lrn_across_channels;

Forward::primitive_desc forward(const Lrn& l, const memory::desc& desc) {
    const auto kind = l.keep ? dnnl::prop_kind::forward_training : dnnl::prop_kind::forward_inference;
    return {{kind, across, desc, l.size, l.alpha, l.beta, l.k}, user_scratchpad(), cpu_engine()};
}

Backward::primitive_desc backward(Lrn l, const memory::desc& desc) {
    l.keep = true;
    return {{across, desc, desc, l.size, l.alpha, l.beta, l.k},
            user_scratchpad(),
            cpu_engine(),
            forward(l, desc)};
}

Layout saved_layout(const Forward::primitive_desc& primitive) {
    return private_layout(primitive.workspace_desc(), "lrn workspace");
}

/// The arrangements to try, best first. Never plain: there oneDNN slides a running sum along the channels,
/// which gathers rounding errors on the way, and from a NaN on is NaN for all that follow.
std::vector<memory::desc> candidates(const Lrn& l, const Limits& limits) {
    const memory::desc arriving = arriving_desc(limits, Operand::src, l.shape);
    std::vector<memory::desc> all;
    if (!value_layout(arriving).plain()) all.push_back(arriving);
    for (const tag t : {tag::nChw16c, tag::nChw8c}) all.emplace_back(dims(l.shape), arriving.data_type(), t);
    return all;
}

/// oneDNN 2.6's fast kernels are written for a window of five channels: with one it reads out of bounds.
/// In bf16 its backward pass is wrong where a block of 16 channels is not full.
bool understood(const Lrn& l, const Limits& limits) {
    constexpr int window = 5, block = 16;
    return l.size == window && (limits.precision != Precision::bf16 || l.shape.c % block == 0);
}

class LrnForward final : public Plan {
   public:
    struct Recipe {
        int threads;
        std::int64_t calls;  ///< n where each image is a call of its own, else 1
        memory::desc desc;   ///< of the whole batch
        Forward::primitive_desc primitive;
        bool keep, batch_invariant;
        std::size_t workspace_bytes;
    };
    static std::optional<Recipe> consider(const Operation&, const Limits&);

    explicit LrnForward(const Recipe&);
    void run(const Arguments&, void* workspace, const Stream&) const override;

   private:
    Call call_;
    std::int64_t calls_;
    std::size_t step_;
    int threads_;
};

std::optional<LrnForward::Recipe> LrnForward::consider(const Operation& op, const Limits& limits) {
    const auto& l = op.as<Lrn>();
    if (!understood(l, limits) || (l.keep && limits.batch_invariant)) return std::nullopt;
    const std::int64_t calls = limits.batch_invariant ? l.shape.n : 1;
    for (const memory::desc& desc : candidates(l, limits)) {
        const auto per_call = with_images(desc, l.shape.n / calls);
        if (!per_call) continue;
        const auto primitive = forward(l, *per_call);
        if (!is_fast(primitive) || (l.keep && !is_fast(backward(l, desc)))) continue;
        return Recipe{limits.threads,          calls, desc, primitive, l.keep, limits.batch_invariant,
                      scratch_bytes(primitive)};
    }
    return std::nullopt;
}

LrnForward::LrnForward(const Recipe& recipe)
    : call_(Forward(recipe.primitive), {{DNNL_ARG_SRC, recipe.primitive.src_desc()},
                                        {DNNL_ARG_DST, recipe.primitive.dst_desc()},
                                        {DNNL_ARG_WORKSPACE, recipe.primitive.workspace_desc()},
                                        {DNNL_ARG_SCRATCHPAD, recipe.primitive.scratchpad_desc()}}),
      calls_(recipe.calls),
      step_(recipe.desc.get_size() / static_cast<std::size_t>(recipe.calls)),
      threads_(recipe.threads) {
    set_layout(Operand::src, value_layout(recipe.desc));
    set_layout(Operand::dst, value_layout(recipe.desc));
    if (recipe.keep) set_layout(Operand::saved, saved_layout(recipe.primitive));
    workspace_bytes_ = recipe.workspace_bytes;
    batch_invariant_ = recipe.batch_invariant;
    variant_ = recipe.primitive.impl_info_str();
}

void LrnForward::run(const Arguments& arguments, void* workspace, const Stream&) const {
    const TeamSize team(threads_);
    const auto* src = arguments.get<const std::byte>(Operand::src);
    auto* dst = arguments.get<std::byte>(Operand::dst);
    for (std::int64_t i = 0; i < calls_; ++i, src += step_, dst += step_)
        call_({src, dst, arguments.get<void>(Operand::saved), workspace});
}

class LrnBackward final : public Plan {
   public:
    struct Recipe {
        int threads;
        Backward::primitive_desc primitive;
        Layout saved;
        std::size_t workspace_bytes;
    };
    static std::optional<Recipe> consider(const Operation&, const Limits&);

    explicit LrnBackward(const Recipe&);
    void run(const Arguments&, void* workspace, const Stream&) const override;

   private:
    Call call_;
    int threads_;
};

/// In the layout of the forward pass, whose workspace is laid out after it.
std::optional<LrnBackward::Recipe> LrnBackward::consider(const Operation& op, const Limits& limits) {
    auto l = op.as<Lrn>();
    if (!understood(l, limits) || limits.batch_invariant || limits.forward == nullptr) return std::nullopt;
    const auto desc = known_desc(limits.forward->layout(Operand::src), l.shape);
    if (!desc) return std::nullopt;
    const auto primitive = backward(l, *desc);
    l.keep = true;
    const Layout saved = saved_layout(forward(l, *desc));
    if (!is_fast(primitive) || !(limits.forward->layout(Operand::saved) == saved)) return std::nullopt;
    return Recipe{limits.threads, primitive, saved, scratch_bytes(primitive)};
}

LrnBackward::LrnBackward(const Recipe& recipe)
    : call_(Backward(recipe.primitive), {{DNNL_ARG_SRC, recipe.primitive.src_desc()},
                                         {DNNL_ARG_DIFF_DST, recipe.primitive.diff_dst_desc()},
                                         {DNNL_ARG_WORKSPACE, recipe.primitive.workspace_desc()},
                                         {DNNL_ARG_DIFF_SRC, recipe.primitive.diff_src_desc()},
                                         {DNNL_ARG_SCRATCHPAD, recipe.primitive.scratchpad_desc()}}),
      threads_(recipe.threads) {
    const Layout layout = value_layout(recipe.primitive.src_desc());
    for (const Operand operand : {Operand::src, Operand::dst, Operand::diff_dst, Operand::diff_src})
        set_layout(operand, layout);
    set_layout(Operand::saved, recipe.saved);
    workspace_bytes_ = recipe.workspace_bytes;
    variant_ = recipe.primitive.impl_info_str();
}

void LrnBackward::run(const Arguments& arguments, void* workspace, const Stream&) const {
    const TeamSize team(threads_);
    call_({arguments.get<void>(Operand::src), arguments.get<void>(Operand::diff_dst),
           arguments.get<void>(Operand::saved), arguments.get<void>(Operand::diff_src), workspace});
}

}  // namespace

Implementation lrn_forward() {
    return Entry<LrnForward>::implementation();
}
Implementation lrn_backward() {
    return Entry<LrnBackward>::implementation();
}

}  // namespace emulsion::kernels::onednn
