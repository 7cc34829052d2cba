// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Convolution forward. oneDNN chooses the layouts of values and weights, with two exceptions: the first
// layer of a net takes its few channels plain, and in training the values lie as the weight gradient, which
// reads them again, wants them.
//
// Batch invariance: oneDNN splits a batch of n as it sees fit, so the order of additions may change with n.
// A batch-invariant plan therefore holds the primitive for one image and calls it n times. On a few cores
// that costs nothing: one image of AlexNet's keeps them at their peak, and its values stay in cache.
//
// ReLU is ours and not oneDNN's post-operation, which computes max(x, 0) such that a NaN becomes 0.
#include "kernels/onednn/convolution.h"

#include <algorithm>

#include "kernels/onednn/call.h"
#include "kernels/onednn/layouts.h"
#include "kernels/onednn/list.h"
#include "kernels/onednn/relu.h"

namespace emulsion::kernels::onednn {
namespace {

using Forward = dnnl::convolution_forward;

/// Zeros to the right of and below the image, as far as the last window reaches.
std::int64_t padding_after(std::int64_t src, std::int64_t dst, int kernel, int stride, int pad) {
    return std::max<std::int64_t>(0, (dst - 1) * stride + kernel - pad - src);
}

std::optional<Forward::primitive_desc> forward(const Geometry& g, const memory::desc& src,
                                               const memory::desc& dst, dnnl::prop_kind kind) {
    try {
        const Forward::primitive_desc primitive(
            {kind, convolution_algorithm, src, any_desc(g.weights, src.data_type()), g.bias, dst, g.strides,
             g.pad_begin, g.pad_end},
            user_scratchpad(), cpu_engine());
        if (is_fast(primitive)) return primitive;
    } catch (const dnnl::error&) {
        // oneDNN has no such primitive
    }
    return std::nullopt;
}

std::optional<Forward::primitive_desc> choose(const Convolution& c, const Geometry& g, memory::data_type type,
                                              bool training) {
    const auto kind = training ? dnnl::prop_kind::forward_training : dnnl::prop_kind::forward_inference;
    const memory::desc any_src = any_desc(g.src, type), any_dst = any_desc(g.dst, type);
    if (training) {
        const auto gradient = weight_gradient(g, type);
        if (auto found = forward(g, gradient.src_desc(), gradient.diff_dst_desc(), kind)) return found;
    }
    if (c.src.c <= few_channels) {
        const memory::desc plain(g.src, type, memory::format_tag::nchw);
        if (auto found = forward(g, plain, any_dst, kind)) return found;
    }
    return forward(g, any_src, any_dst, kind);
}

class ConvolutionForward final : public Plan {
   public:
    struct Recipe {
        Convolution convolution;
        int threads;
        bool batch_invariant;
        std::int64_t calls;  ///< n where each image is a call of its own, else 1
        Forward::primitive_desc primitive;
        memory::desc src, dst;  ///< of the whole batch
        std::optional<dnnl::reorder::primitive_desc> pack;
        std::size_t workspace_bytes;
    };
    static std::optional<Recipe> consider(const Operation&, const Limits&);

    explicit ConvolutionForward(const Recipe&);
    void pack(const float* weights, void* packed, void* workspace, const Stream&) const override;
    void run(const Arguments&, void* workspace, const Stream&) const override;

   private:
    Call call_, pack_;
    std::int64_t calls_;
    std::size_t src_step_, dst_step_;
    int threads_;
    bool relu_;
};

std::optional<ConvolutionForward::Recipe> ConvolutionForward::consider(const Operation& op,
                                                                       const Limits& limits) {
    const auto& c = op.as<Convolution>();
    const auto type = arithmetic_type(limits.precision);
    if (!type) return std::nullopt;
    const std::int64_t calls = limits.batch_invariant ? c.src.n : 1;
    const Geometry geometry(c, c.src.n / calls);
    const auto primitive = choose(c, geometry, *type, limits.training && !limits.batch_invariant);
    if (!primitive) return std::nullopt;
    const auto src = with_images(primitive->src_desc(), c.src.n);
    const auto dst = with_images(primitive->dst_desc(), c.dst.n);
    if (!src || !dst) return std::nullopt;

    Recipe recipe{c,    limits.threads, limits.batch_invariant,   calls, *primitive, *src,
                  *dst, std::nullopt,   scratch_bytes(*primitive)};
    if (primitive->weights_desc() != geometry.plain_weights) {
        recipe.pack = reorder_between(geometry.plain_weights, primitive->weights_desc());
        recipe.workspace_bytes = std::max(recipe.workspace_bytes, scratch_bytes(*recipe.pack));
    }
    return recipe;
}

ConvolutionForward::ConvolutionForward(const Recipe& recipe)
    : call_(Forward(recipe.primitive), {{DNNL_ARG_SRC, recipe.primitive.src_desc()},
                                        {DNNL_ARG_WEIGHTS, recipe.primitive.weights_desc()},
                                        {DNNL_ARG_BIAS, recipe.primitive.bias_desc()},
                                        {DNNL_ARG_DST, recipe.primitive.dst_desc()},
                                        {DNNL_ARG_SCRATCHPAD, recipe.primitive.scratchpad_desc()}}),
      calls_(recipe.calls),
      src_step_(recipe.src.get_size() / static_cast<std::size_t>(recipe.calls)),
      dst_step_(recipe.dst.get_size() / static_cast<std::size_t>(recipe.calls)),
      threads_(recipe.threads),
      relu_(recipe.convolution.relu) {
    const Convolution& c = recipe.convolution;
    set_layout(Operand::src, value_layout(recipe.src));
    set_layout(Operand::weights, plain_layout(c.weight_count()));
    if (c.bias) set_layout(Operand::bias, plain_layout(c.dst.c));
    set_layout(Operand::dst, value_layout(recipe.dst));
    if (recipe.pack) {
        pack_ = reorder_call(*recipe.pack);
        packed_ = packed_layout(recipe.primitive.weights_desc());
    }
    workspace_bytes_ = recipe.workspace_bytes;
    batch_invariant_ = recipe.batch_invariant;
    variant_ = recipe.primitive.impl_info_str();
}

void ConvolutionForward::pack(const float* weights, void* packed, void* workspace, const Stream&) const {
    const TeamSize team(threads_);
    pack_({weights, packed, workspace});
}

void ConvolutionForward::run(const Arguments& arguments, void* workspace, const Stream& stream) const {
    const TeamSize team(threads_);
    const auto* src = arguments.get<const std::byte>(Operand::src);
    auto* dst = arguments.get<std::byte>(Operand::dst);
    for (std::int64_t i = 0; i < calls_; ++i, src += src_step_, dst += dst_step_) {
        call_(
            {src, arguments.get<void>(Operand::weights), arguments.get<void>(Operand::bias), dst, workspace});
        if (relu_) relu_in_place(dst, dst_step_, layout(Operand::dst).type, stream);
    }
}

}  // namespace

Geometry::Geometry(const Convolution& c, std::int64_t images)
    : src{images, c.src.c, c.src.h, c.src.w},
      weights{c.dst.c / c.groups, c.src.c / c.groups, c.kernel_h, c.kernel_w},
      dst{images, c.dst.c, c.dst.h, c.dst.w},
      strides{c.stride_h, c.stride_w},
      pad_begin{c.pad_h, c.pad_w},
      pad_end{padding_after(c.src.h, c.dst.h, c.kernel_h, c.stride_h, c.pad_h),
              padding_after(c.src.w, c.dst.w, c.kernel_w, c.stride_w, c.pad_w)} {
    using tag = memory::format_tag;
    if (c.groups > 1) weights.insert(weights.begin(), c.groups);
    plain_weights = {weights, memory::data_type::f32, c.groups > 1 ? tag::goihw : tag::oihw};
    if (c.bias) bias = {{c.dst.c}, memory::data_type::f32, tag::x};
}

Forward::primitive_desc forward_hint(const Geometry& g, memory::data_type type, dnnl::algorithm algorithm) {
    return {{dnnl::prop_kind::forward_training, algorithm, any_desc(g.src, type), any_desc(g.weights, type),
             g.bias, any_desc(g.dst, type), g.strides, g.pad_begin, g.pad_end},
            cpu_engine()};
}

dnnl::convolution_backward_weights::primitive_desc weight_gradient(const Geometry& g, memory::data_type type,
                                                                   dnnl::algorithm algorithm) {
    return {{algorithm, any_desc(g.src, type), any_desc(g.weights, memory::data_type::f32), g.bias,
             any_desc(g.dst, type), g.strides, g.pad_begin, g.pad_end},
            user_scratchpad(),
            cpu_engine(),
            forward_hint(g, type, algorithm)};
}

Implementation convolution_forward() {
    return Entry<ConvolutionForward>::implementation();
}

}  // namespace emulsion::kernels::onednn
