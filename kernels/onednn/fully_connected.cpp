// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Fully connected forward. In fp32 the dense kernel of our own (dense.h) serves every batch. It reads the
// weights as they lie in the file, where oneDNN wants a copy in blocks of its own, which in training costs
// as much as the product itself; and a batch-invariant plan is the same plan. In fc6, on one core of Zen 4,
// one image takes 5.3 ms (memory's speed) against 8.7 ms by oneDNN, 8 images 8.2 against 9.1, 32 images 27
// against 23.
//
// In bf16 oneDNN multiplies twice as fast as fp32 and our kernel does not, so it gets the larger batches.
//
// Values between fully connected layers are plain fp32, which dropout, softmax and loss work on.
#include <algorithm>

#include "kernels/onednn/call.h"
#include "kernels/onednn/dense.h"
#include "kernels/onednn/layouts.h"
#include "kernels/onednn/list.h"
#include "kernels/onednn/relu.h"

namespace emulsion::kernels::onednn {
namespace {

using Forward = dnnl::inner_product_forward;
using tag = memory::format_tag;

/// From here on bf16 is oneDNN's: with fewer images both wait for the memory.
constexpr std::int64_t many_images = 4;

bool is_dense(const FullyConnected& fc, const Limits& limits) {
    if (limits.precision == Precision::fp32) return true;
    return limits.precision == Precision::bf16 && (limits.batch_invariant || fc.src.n < many_images);
}

class DensePlan final : public Plan {
   public:
    struct Recipe {
        FullyConnected fc;
        int threads;
        std::optional<dnnl::reorder::primitive_desc> pack;  ///< to bf16
        std::int64_t width, depth;
        std::size_t workspace_bytes;  ///< the arranged source, or the scratchpad of packing
    };
    static std::optional<Recipe> consider(const Operation&, const Limits&);

    explicit DensePlan(const Recipe&);
    void pack(const float* weights, void* packed, void* workspace, const Stream&) const override;
    void run(const Arguments&, void* workspace, const Stream&) const override;

   private:
    void arrange(const float* src, float* arranged, const Stream&) const;

    FullyConnected fc_;
    Call pack_;
    std::int64_t width_, depth_;
    int threads_;
    bool arranged_;  ///< as it arrives
};

std::optional<DensePlan::Recipe> DensePlan::consider(const Operation& op, const Limits& limits) {
    const auto& fc = op.as<FullyConnected>();
    if (!is_dense(fc, limits)) return std::nullopt;
    const auto divide_up = [](std::int64_t a, std::int64_t b) { return (a + b - 1) / b; };
    const DenseKernel& kernel = dense_kernel();
    const std::int64_t inputs = fc.src.per_image();
    Recipe recipe{fc, limits.threads, std::nullopt, 0, 0, 0};
    recipe.width = divide_up(fc.src.n, divide_up(fc.src.n, kernel.most_wide));
    recipe.depth = divide_up(inputs, kernel.lanes) * kernel.lanes;
    if (fc.src.n > 1 || recipe.depth != inputs)
        recipe.workspace_bytes = static_cast<std::size_t>(fc.src.n * recipe.depth) * sizeof(float);
    if (limits.precision == Precision::bf16) {
        const memory::dims shape{fc.outputs, inputs};
        recipe.pack = reorder_between({shape, memory::data_type::f32, tag::oi},
                                      {shape, memory::data_type::bf16, tag::oi});
        recipe.workspace_bytes = std::max(recipe.workspace_bytes, scratch_bytes(*recipe.pack));
    }
    return recipe;
}

DensePlan::DensePlan(const Recipe& recipe)
    : fc_(recipe.fc),
      width_(recipe.width),
      depth_(recipe.depth),
      threads_(recipe.threads),
      arranged_(fc_.src.n == 1 && depth_ == fc_.src.per_image()) {
    set_layout(Operand::src, plain_layout(fc_.src.count()));
    set_layout(Operand::weights, plain_layout(fc_.outputs * fc_.src.per_image()));
    if (fc_.bias) set_layout(Operand::bias, plain_layout(fc_.outputs));
    set_layout(Operand::dst, plain_layout(fc_.dst().count()));
    if (recipe.pack) {
        pack_ = reorder_call(*recipe.pack);
        packed_ = packed_layout(recipe.pack->dst_desc());
    }
    workspace_bytes_ = recipe.workspace_bytes;
    batch_invariant_ = true;
    variant_ = dense_kernel().name;
}

void DensePlan::pack(const float* weights, void* packed, void* workspace, const Stream&) const {
    const TeamSize team(threads_);
    pack_({weights, packed, workspace});
}

void DensePlan::arrange(const float* src, float* arranged, const Stream& stream) const {
    const std::int64_t inputs = fc_.src.per_image(), lanes = dense_kernel().lanes;
    parallel_for(stream, depth_ / lanes, 64, [&](std::int64_t begin, std::int64_t end, int) {
        for (std::int64_t first = 0; first < fc_.src.n; first += width_) {
            const std::int64_t images = std::min(width_, fc_.src.n - first);
            float* to = arranged + first * depth_ + begin * lanes * images;
            for (std::int64_t k = begin * lanes; k < end * lanes; k += lanes)
                for (std::int64_t i = 0; i < images; ++i, to += lanes) {
                    const float* const from = src + (first + i) * inputs + k;
                    const std::int64_t there = std::min(lanes, inputs - k);
                    std::fill(std::copy(from, from + there, to), to + lanes, 0.0F);
                }
        }
    });
}

void DensePlan::run(const Arguments& arguments, void* workspace, const Stream& stream) const {
    const auto* src = arguments.get<const float>(Operand::src);
    if (!arranged_) {
        arrange(src, static_cast<float*>(workspace), stream);
        src = static_cast<const float*>(workspace);
    }
    const Dense dense{.inputs = fc_.src.per_image(),
                      .outputs = fc_.outputs,
                      .images = fc_.src.n,
                      .width = width_,
                      .depth = depth_,
                      .weights = arguments.get<const void>(Operand::weights),
                      .src = src,
                      .bias = arguments.get<const float>(Operand::bias),
                      .dst = arguments.get<float>(Operand::dst),
                      .relu = fc_.relu};
    const auto kernel = pack_ ? dense_kernel().bf16 : dense_kernel().f32;
    const std::int64_t tiles = (fc_.outputs + dense_rows - 1) / dense_rows;
    parallel_for(stream, tiles, 1, [&](std::int64_t begin, std::int64_t end, int) {
        kernel(dense, begin * dense_rows, std::min(end * dense_rows, fc_.outputs));
    });
}

class InnerProductForward final : public Plan {
   public:
    struct Recipe {
        FullyConnected fc;
        int threads;
        Forward::primitive_desc primitive;
        dnnl::reorder::primitive_desc pack;
        std::size_t workspace_bytes;
    };
    static std::optional<Recipe> consider(const Operation&, const Limits&);

    explicit InnerProductForward(const Recipe&);
    void pack(const float* weights, void* packed, void* workspace, const Stream&) const override;
    void run(const Arguments&, void* workspace, const Stream&) const override;

   private:
    Call call_, pack_;
    int threads_;
    bool relu_;
};

std::optional<InnerProductForward::Recipe> InnerProductForward::consider(const Operation& op,
                                                                         const Limits& limits) {
    const auto& fc = op.as<FullyConnected>();
    if (limits.precision != Precision::bf16 || is_dense(fc, limits)) return std::nullopt;
    const memory::dims shape{fc.outputs, fc.src.per_image()};
    constexpr auto f32 = memory::data_type::f32, bf16 = memory::data_type::bf16;
    // Weights that change every step are packed every step: rows take a fifth of the time that blocks take.
    const memory::desc weights(shape, bf16, limits.training ? tag::oi : tag::any);
    const memory::desc bias = fc.bias ? memory::desc({fc.outputs}, f32, tag::x) : memory::desc();
    const Forward::primitive_desc primitive(
        {dnnl::prop_kind::forward_inference, memory::desc({fc.src.n, shape[1]}, bf16, tag::nc), weights, bias,
         memory::desc({fc.src.n, shape[0]}, f32, tag::nc)},
        user_scratchpad(), cpu_engine());
    if (!is_fast(primitive)) return std::nullopt;
    const auto pack = reorder_between({shape, f32, tag::oi}, primitive.weights_desc());
    return Recipe{fc, limits.threads, primitive, pack,
                  std::max(scratch_bytes(primitive), scratch_bytes(pack))};
}

InnerProductForward::InnerProductForward(const Recipe& recipe)
    : call_(Forward(recipe.primitive), {{DNNL_ARG_SRC, recipe.primitive.src_desc()},
                                        {DNNL_ARG_WEIGHTS, recipe.primitive.weights_desc()},
                                        {DNNL_ARG_BIAS, recipe.primitive.bias_desc()},
                                        {DNNL_ARG_DST, recipe.primitive.dst_desc()},
                                        {DNNL_ARG_SCRATCHPAD, recipe.primitive.scratchpad_desc()}}),
      pack_(reorder_call(recipe.pack)),
      threads_(recipe.threads),
      relu_(recipe.fc.relu) {
    const FullyConnected& fc = recipe.fc;
    set_layout(Operand::src, plain_layout(fc.src.count(), DataType::bf16));
    set_layout(Operand::weights, plain_layout(fc.outputs * fc.src.per_image()));
    if (fc.bias) set_layout(Operand::bias, plain_layout(fc.outputs));
    set_layout(Operand::dst, plain_layout(fc.dst().count()));
    packed_ = packed_layout(recipe.primitive.weights_desc());
    workspace_bytes_ = recipe.workspace_bytes;
    variant_ = recipe.primitive.impl_info_str();
}

void InnerProductForward::pack(const float* weights, void* packed, void* workspace, const Stream&) const {
    const TeamSize team(threads_);
    pack_({weights, packed, workspace});
}

void InnerProductForward::run(const Arguments& arguments, void* workspace, const Stream& stream) const {
    const TeamSize team(threads_);
    void* const dst = arguments.get<void>(Operand::dst);
    call_({arguments.get<void>(Operand::src), arguments.get<void>(Operand::weights),
           arguments.get<void>(Operand::bias), dst, workspace});
    if (relu_) relu_in_place(dst, layout(Operand::dst).bytes, DataType::f32, stream);
}

using OurEntry = Entry<DensePlan>;
using TheirEntry = Entry<InnerProductForward>;

}  // namespace

Implementation fully_connected_forward() {
    return {"onednn", DeviceKind::cpu,
            [](const Operation& op, const Limits& limits) {
                return OurEntry::supports(op, limits) || TheirEntry::supports(op, limits);
            },
            [](const Operation& op, const Limits& limits) {
                return OurEntry::supports(op, limits) ? OurEntry::plan(op, limits)
                                                      : TheirEntry::plan(op, limits);
            }};
}

}  // namespace emulsion::kernels::onednn
