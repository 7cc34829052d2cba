// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Convolution backward. The gradient of the data packs its weights like the forward pass, in a layout of
// its own. The gradient of the weights comes from oneDNN in a blocked layout; it is brought into the file's
// plain one from the workspace.
#include <algorithm>

#include "kernels/onednn/call.h"
#include "kernels/onednn/convolution.h"
#include "kernels/onednn/layouts.h"
#include "kernels/onednn/list.h"

namespace emulsion::kernels::onednn {
namespace {

using BackwardData = dnnl::convolution_backward_data;
using BackwardWeights = dnnl::convolution_backward_weights;

class ConvolutionBackwardData final : public Plan {
   public:
    struct Recipe {
        Convolution convolution;
        int threads;
        BackwardData::primitive_desc primitive;
        std::optional<dnnl::reorder::primitive_desc> pack;
        std::size_t workspace_bytes;
    };
    static std::optional<Recipe> consider(const Operation&, const Limits&);

    explicit ConvolutionBackwardData(const Recipe&);
    void pack(const float* weights, void* packed, void* workspace, const Stream&) const override;
    void run(const Arguments&, void* workspace, const Stream&) const override;

   private:
    Call call_, pack_;
    int threads_;
};

std::optional<ConvolutionBackwardData::Recipe> ConvolutionBackwardData::consider(const Operation& op,
                                                                                 const Limits& limits) {
    const auto& c = op.as<Convolution>();
    const auto type = arithmetic_type(limits.precision);
    if (!type || limits.batch_invariant) return std::nullopt;
    const Geometry g(c, c.src.n);
    const auto layout = c.src.c <= few_channels ? memory::format_tag::nchw : memory::format_tag::any;
    const BackwardData::primitive_desc primitive(
        {convolution_algorithm, memory::desc(g.src, *type, layout), any_desc(g.weights, *type),
         any_desc(g.dst, *type), g.strides, g.pad_begin, g.pad_end},
        user_scratchpad(), cpu_engine(), forward_hint(g, *type));
    if (!is_fast(primitive)) return std::nullopt;
    Recipe recipe{c, limits.threads, primitive, std::nullopt, scratch_bytes(primitive)};
    if (primitive.weights_desc() != g.plain_weights) {
        recipe.pack = reorder_between(g.plain_weights, primitive.weights_desc());
        recipe.workspace_bytes = std::max(recipe.workspace_bytes, scratch_bytes(*recipe.pack));
    }
    return recipe;
}

ConvolutionBackwardData::ConvolutionBackwardData(const Recipe& recipe)
    : call_(BackwardData(recipe.primitive), {{DNNL_ARG_DIFF_DST, recipe.primitive.diff_dst_desc()},
                                             {DNNL_ARG_WEIGHTS, recipe.primitive.weights_desc()},
                                             {DNNL_ARG_DIFF_SRC, recipe.primitive.diff_src_desc()},
                                             {DNNL_ARG_SCRATCHPAD, recipe.primitive.scratchpad_desc()}}),
      threads_(recipe.threads) {
    set_layout(Operand::diff_dst, value_layout(recipe.primitive.diff_dst_desc()));
    set_layout(Operand::weights, plain_layout(recipe.convolution.weight_count()));
    set_layout(Operand::diff_src, value_layout(recipe.primitive.diff_src_desc()));
    if (recipe.pack) {
        pack_ = reorder_call(*recipe.pack);
        packed_ = packed_layout(recipe.primitive.weights_desc());
    }
    workspace_bytes_ = recipe.workspace_bytes;
    variant_ = recipe.primitive.impl_info_str();
}

void ConvolutionBackwardData::pack(const float* weights, void* packed, void* workspace, const Stream&) const {
    const TeamSize team(threads_);
    pack_({weights, packed, workspace});
}

void ConvolutionBackwardData::run(const Arguments& arguments, void* workspace, const Stream&) const {
    const TeamSize team(threads_);
    call_({arguments.get<void>(Operand::diff_dst), arguments.get<void>(Operand::weights),
           arguments.get<void>(Operand::diff_src), workspace});
}

class ConvolutionBackwardWeights final : public Plan {
   public:
    struct Recipe {
        Convolution convolution;
        int threads;
        BackwardWeights::primitive_desc primitive;
        std::optional<dnnl::reorder::primitive_desc> unpack;
        std::size_t blocked_bytes;    ///< of the gradient before it is unpacked, first in the workspace
        std::size_t workspace_bytes;  ///< those, and the larger scratchpad
    };
    static std::optional<Recipe> consider(const Operation&, const Limits&);

    explicit ConvolutionBackwardWeights(const Recipe&);
    void run(const Arguments&, void* workspace, const Stream&) const override;

   private:
    Call call_, unpack_;
    std::size_t blocked_bytes_;
    int threads_;
};

std::optional<ConvolutionBackwardWeights::Recipe> ConvolutionBackwardWeights::consider(const Operation& op,
                                                                                       const Limits& limits) {
    const auto& c = op.as<Convolution>();
    const auto type = arithmetic_type(limits.precision);
    if (!type || limits.batch_invariant) return std::nullopt;
    const Geometry g(c, c.src.n);
    const auto primitive = weight_gradient(g, *type);
    if (!is_fast(primitive)) return std::nullopt;
    Recipe recipe{c, limits.threads, primitive, std::nullopt, 0, scratch_bytes(primitive)};
    const memory::desc gradient = primitive.diff_weights_desc();
    if (gradient != g.plain_weights) {
        recipe.unpack = reorder_between(gradient, g.plain_weights);
        recipe.blocked_bytes = whole_lines(gradient.get_size());
        recipe.workspace_bytes =
            recipe.blocked_bytes + std::max(recipe.workspace_bytes, scratch_bytes(*recipe.unpack));
    }
    return recipe;
}

ConvolutionBackwardWeights::ConvolutionBackwardWeights(const Recipe& recipe)
    : call_(BackwardWeights(recipe.primitive), {{DNNL_ARG_SRC, recipe.primitive.src_desc()},
                                                {DNNL_ARG_DIFF_DST, recipe.primitive.diff_dst_desc()},
                                                {DNNL_ARG_DIFF_WEIGHTS, recipe.primitive.diff_weights_desc()},
                                                {DNNL_ARG_DIFF_BIAS, recipe.primitive.diff_bias_desc()},
                                                {DNNL_ARG_SCRATCHPAD, recipe.primitive.scratchpad_desc()}}),
      blocked_bytes_(recipe.blocked_bytes),
      threads_(recipe.threads) {
    const Convolution& c = recipe.convolution;
    set_layout(Operand::src, value_layout(recipe.primitive.src_desc()));
    set_layout(Operand::diff_dst, value_layout(recipe.primitive.diff_dst_desc()));
    set_layout(Operand::diff_weights, plain_layout(c.weight_count()));
    if (c.bias) set_layout(Operand::diff_bias, plain_layout(c.dst.c));
    if (recipe.unpack) unpack_ = reorder_call(*recipe.unpack);
    workspace_bytes_ = recipe.workspace_bytes;
    variant_ = recipe.primitive.impl_info_str();
}

void ConvolutionBackwardWeights::run(const Arguments& arguments, void* workspace, const Stream&) const {
    const TeamSize team(threads_);
    void* const gradient = arguments.get<void>(Operand::diff_weights);
    void* const blocked = unpack_ ? workspace : gradient;
    void* const scratch = static_cast<std::byte*>(workspace) + blocked_bytes_;
    call_({arguments.get<void>(Operand::src), arguments.get<void>(Operand::diff_dst), blocked,
           arguments.get<void>(Operand::diff_bias), scratch});
    if (unpack_) unpack_({blocked, gradient, scratch});
}

}  // namespace

Implementation convolution_backward_data() {
    return Entry<ConvolutionBackwardData>::implementation();
}
Implementation convolution_backward_weights() {
    return Entry<ConvolutionBackwardWeights>::implementation();
}

}  // namespace emulsion::kernels::onednn
