// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Fully connected backward, by oneDNN's matrix products on plain rows: the weights are read, and their
// gradient is written, where the file's layout has them. oneDNN's blocked layouts are a little faster in
// themselves (38 against 39 ms of a core for fc6's weights at a batch of 50) but cost 20 to 37 ms a step
// to get into and out of. In bf16 the weights are packed as rows of bf16, like those of the forward pass.
#include <algorithm>

#include "kernels/onednn/call.h"
#include "kernels/onednn/layouts.h"
#include "kernels/onednn/list.h"

namespace emulsion::kernels::onednn {
namespace {

using Forward = dnnl::inner_product_forward;
using BackwardData = dnnl::inner_product_backward_data;
using BackwardWeights = dnnl::inner_product_backward_weights;
using tag = memory::format_tag;

constexpr auto f32 = memory::data_type::f32;

/// The matrices of the layer; values, weights and gradients are rows of these types.
struct Matrices {
    explicit Matrices(const FullyConnected& fc)
        : src{fc.src.n, fc.src.per_image()},
          weights{fc.outputs, fc.src.per_image()},
          dst{fc.src.n, fc.outputs},
          bias(fc.bias ? memory::desc({fc.outputs}, f32, tag::x) : memory::desc()) {}

    Forward::primitive_desc forward_hint(memory::data_type type) const {
        return {{dnnl::prop_kind::forward_training, memory::desc(src, type, tag::nc),
                 memory::desc(weights, type, tag::oi), bias, memory::desc(dst, f32, tag::nc)},
                cpu_engine()};
    }

    memory::dims src, weights, dst;
    memory::desc bias;
};

class FullyConnectedBackwardData final : public Plan {
   public:
    struct Recipe {
        FullyConnected fc;
        int threads;
        BackwardData::primitive_desc primitive;
        std::optional<dnnl::reorder::primitive_desc> pack;
        std::size_t workspace_bytes;
    };

    static std::optional<Recipe> consider(const Operation& op, const Limits& limits) {
        const auto& fc = op.as<FullyConnected>();
        const auto type = arithmetic_type(limits.precision);
        if (!type || limits.batch_invariant) return std::nullopt;
        const Matrices m(fc);
        const BackwardData::primitive_desc primitive(
            {memory::desc(m.src, f32, tag::nc), memory::desc(m.weights, *type, tag::oi),
             memory::desc(m.dst, *type, tag::nc)},
            user_scratchpad(), cpu_engine(), m.forward_hint(*type));
        if (!is_fast(primitive)) return std::nullopt;
        Recipe recipe{fc, limits.threads, primitive, std::nullopt, scratch_bytes(primitive)};
        if (*type != f32) {
            recipe.pack = reorder_between({m.weights, f32, tag::oi}, primitive.weights_desc());
            recipe.workspace_bytes = std::max(recipe.workspace_bytes, scratch_bytes(*recipe.pack));
        }
        return recipe;
    }

    explicit FullyConnectedBackwardData(const Recipe& recipe)
        : call_(BackwardData(recipe.primitive), {{DNNL_ARG_DIFF_DST, recipe.primitive.diff_dst_desc()},
                                                 {DNNL_ARG_WEIGHTS, recipe.primitive.weights_desc()},
                                                 {DNNL_ARG_DIFF_SRC, recipe.primitive.diff_src_desc()},
                                                 {DNNL_ARG_SCRATCHPAD, recipe.primitive.scratchpad_desc()}}),
          threads_(recipe.threads) {
        const FullyConnected& fc = recipe.fc;
        set_layout(Operand::diff_dst,
                   plain_layout(fc.dst().count(), recipe.pack ? DataType::bf16 : DataType::f32));
        set_layout(Operand::weights, plain_layout(fc.outputs * fc.src.per_image()));
        set_layout(Operand::diff_src, plain_layout(fc.src.count()));
        if (recipe.pack) {
            pack_ = reorder_call(*recipe.pack);
            packed_ = packed_layout(recipe.primitive.weights_desc());
        }
        workspace_bytes_ = recipe.workspace_bytes;
        variant_ = recipe.primitive.impl_info_str();
    }

    void pack(const float* weights, void* packed, void* workspace, const Stream&) const override {
        const TeamSize team(threads_);
        pack_({weights, packed, workspace});
    }

    void run(const Arguments& arguments, void* workspace, const Stream&) const override {
        const TeamSize team(threads_);
        call_({arguments.get<void>(Operand::diff_dst), arguments.get<void>(Operand::weights),
               arguments.get<void>(Operand::diff_src), workspace});
    }

   private:
    Call call_, pack_;
    int threads_;
};

class FullyConnectedBackwardWeights final : public Plan {
   public:
    struct Recipe {
        FullyConnected fc;
        int threads;
        DataType type;
        BackwardWeights::primitive_desc primitive;
        std::size_t workspace_bytes;
    };

    static std::optional<Recipe> consider(const Operation& op, const Limits& limits) {
        const auto& fc = op.as<FullyConnected>();
        const auto type = arithmetic_type(limits.precision);
        if (!type || limits.batch_invariant) return std::nullopt;
        const Matrices m(fc);
        const BackwardWeights::primitive_desc primitive(
            {memory::desc(m.src, *type, tag::nc), memory::desc(m.weights, f32, tag::oi), m.bias,
             memory::desc(m.dst, *type, tag::nc)},
            user_scratchpad(), cpu_engine(), m.forward_hint(*type));
        if (!is_fast(primitive)) return std::nullopt;
        return Recipe{fc, limits.threads, *type == f32 ? DataType::f32 : DataType::bf16, primitive,
                      scratch_bytes(primitive)};
    }

    explicit FullyConnectedBackwardWeights(const Recipe& recipe)
        : call_(BackwardWeights(recipe.primitive),
                {{DNNL_ARG_SRC, recipe.primitive.src_desc()},
                 {DNNL_ARG_DIFF_DST, recipe.primitive.diff_dst_desc()},
                 {DNNL_ARG_DIFF_WEIGHTS, recipe.primitive.diff_weights_desc()},
                 {DNNL_ARG_DIFF_BIAS, recipe.primitive.diff_bias_desc()},
                 {DNNL_ARG_SCRATCHPAD, recipe.primitive.scratchpad_desc()}}),
          threads_(recipe.threads) {
        const FullyConnected& fc = recipe.fc;
        set_layout(Operand::src, plain_layout(fc.src.count(), recipe.type));
        set_layout(Operand::diff_dst, plain_layout(fc.dst().count(), recipe.type));
        set_layout(Operand::diff_weights, plain_layout(fc.outputs * fc.src.per_image()));
        if (fc.bias) set_layout(Operand::diff_bias, plain_layout(fc.outputs));
        workspace_bytes_ = recipe.workspace_bytes;
        variant_ = recipe.primitive.impl_info_str();
    }

    void run(const Arguments& arguments, void* workspace, const Stream&) const override {
        const TeamSize team(threads_);
        call_({arguments.get<void>(Operand::src), arguments.get<void>(Operand::diff_dst),
               arguments.get<void>(Operand::diff_weights), arguments.get<void>(Operand::diff_bias),
               workspace});
    }

   private:
    Call call_;
    int threads_;
};

}  // namespace

Implementation fully_connected_backward_data() {
    return Entry<FullyConnectedBackwardData>::implementation();
}
Implementation fully_connected_backward_weights() {
    return Entry<FullyConnectedBackwardWeights>::implementation();
}

}  // namespace emulsion::kernels::onednn
