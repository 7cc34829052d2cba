// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Convolution by Winograd's minimal filtering (Lavin and Gray 2016): tiles of image and kernel are
// transformed, multiplied point by point, summed over the channels there, and transformed back. A 3x3
// kernel costs a quarter (tiles of 4x4 results) or 4/9 (of 2x2) of the multiplications. oneDNN has it without
// groups and for stride 1; here a group is a convolution of its own.
//
// A group's channels are one run of memory in each image, but a run an image. The primitives take none but
// dense values: the runs are brought together before a group's turn, and its results back to their places.
// One group, or one image, needs no copies.
//
// What is different from a direct sum:
// - it rounds more, since the transforms' coefficients amplify. On random values, a third of them rectified,
//   the worst result seen was off by 0.73 of the bound that the tests derive from a sum's length
//   (tests/kernels/expected.h), in AlexNet's shapes by 0.37; a direct sum's worst was off by 0.18. So no
//   bound need be widened;
// - the error of a result depends on all of its tile: a NaN or an infinity spoils the tiles that it touches,
//   some results more than the kernel reaches, with NaN. None is lost, and none gets to other images;
// - scratch memory, for all the tiles of the batch.
#include <algorithm>
#include <cstring>

#include "kernels/onednn/call.h"
#include "kernels/onednn/convolution.h"
#include "kernels/onednn/layouts.h"
#include "kernels/onednn/list.h"
#include "kernels/onednn/relu.h"

namespace emulsion::kernels::onednn {
namespace {

constexpr auto winograd = dnnl::algorithm::convolution_winograd;
constexpr auto blocked = memory::format_tag::nChw16c;
constexpr auto f32 = memory::data_type::f32;

/// Shorter sums are not offered. A result's error is that of its tile: where few terms meet, one result's may
/// be tiny beside its neighbours', and a bound that stands on the result's own terms means nothing.
constexpr std::int64_t fewest_terms = 512;

/// The convolution of one group.
Convolution one_group(Convolution c) {
    c.src.c /= c.groups;
    c.dst.c /= c.groups;
    c.groups = 1;
    return c;
}

/// A value's channels of one group, together for all images: where they lie, or in a copy.
class Slices {
   public:
    Slices(const Shape& whole, int groups)
        : images_(whole.n),
          groups_(groups),
          slice_(static_cast<std::size_t>(whole.per_image() / groups) * sizeof(float)) {}

    std::size_t copy_bytes() const {
        return copied() ? whole_lines(slice_ * static_cast<std::size_t>(images_)) : 0;
    }
    /// Where the primitive finds, or leaves, a group's channels.
    std::byte* at(std::byte* whole, int group, std::byte* copy) const {
        return copied() ? copy : whole + static_cast<std::size_t>(group) * slice_;
    }
    void gather(const std::byte* whole, int group, std::byte* copy, const Stream& stream) const {
        if (!copied()) return;
        parallel_for(stream, images_, 1, [&](std::int64_t begin, std::int64_t end, int) {
            for (std::int64_t i = begin; i < end; ++i)
                std::memcpy(copy + place(i, 1, 0), whole + place(i, groups_, group), slice_);
        });
    }
    void scatter(const std::byte* copy, int group, std::byte* whole, const Stream& stream) const {
        if (!copied()) return;
        parallel_for(stream, images_, 1, [&](std::int64_t begin, std::int64_t end, int) {
            for (std::int64_t i = begin; i < end; ++i)
                std::memcpy(whole + place(i, groups_, group), copy + place(i, 1, 0), slice_);
        });
    }

   private:
    bool copied() const { return groups_ > 1 && images_ > 1; }
    std::size_t place(std::int64_t image, int groups, int group) const {
        return static_cast<std::size_t>(image * groups + group) * slice_;
    }

    std::int64_t images_;
    int groups_;
    std::size_t slice_;  ///< bytes of a group in one image
};

/// The layout of all groups together; none where a group's is not in whole blocks of channels.
std::optional<Layout> whole_layout(const memory::desc& group, const Shape& whole) {
    const auto& d = group.data;
    if (d.dims[1] != d.padded_dims[1]) return std::nullopt;
    if (group != memory::desc({d.dims[0], d.dims[1], d.dims[2], d.dims[3]}, f32, blocked))
        return std::nullopt;
    return value_layout({dims(whole), f32, blocked});
}

struct Forward {
    using Primitive = dnnl::convolution_forward;
    static constexpr Operand from = Operand::src, to = Operand::dst;

    static Primitive::primitive_desc primitive(const Geometry& g, bool training) {
        const auto kind = training ? dnnl::prop_kind::forward_training : dnnl::prop_kind::forward_inference;
        return {{kind, winograd, any_desc(g.src, f32), any_desc(g.weights, f32), g.bias, any_desc(g.dst, f32),
                 g.strides, g.pad_begin, g.pad_end},
                user_scratchpad(),
                cpu_engine()};
    }
    static Call call(const Primitive::primitive_desc& p) {
        return {Primitive(p),
                {{DNNL_ARG_SRC, p.src_desc()},
                 {DNNL_ARG_WEIGHTS, p.weights_desc()},
                 {DNNL_ARG_DST, p.dst_desc()},
                 {DNNL_ARG_SCRATCHPAD, p.scratchpad_desc()},
                 {DNNL_ARG_BIAS, p.bias_desc()}}};
    }
    static memory::desc from_desc(const Primitive::primitive_desc& p) { return p.src_desc(); }
    static memory::desc to_desc(const Primitive::primitive_desc& p) { return p.dst_desc(); }
    static std::int64_t terms(const Convolution& c) { return c.weight_count() / c.dst.c; }
    static const Shape& from_shape(const Convolution& c) { return c.src; }
    static const Shape& to_shape(const Convolution& c) { return c.dst; }
};

struct BackwardData {
    using Primitive = dnnl::convolution_backward_data;
    static constexpr Operand from = Operand::diff_dst, to = Operand::diff_src;

    static Primitive::primitive_desc primitive(const Geometry& g, bool) {
        return {{winograd, any_desc(g.src, f32), any_desc(g.weights, f32), any_desc(g.dst, f32), g.strides,
                 g.pad_begin, g.pad_end},
                user_scratchpad(),
                cpu_engine(),
                forward_hint(g, f32, winograd)};
    }
    static Call call(const Primitive::primitive_desc& p) {
        return {Primitive(p),
                {{DNNL_ARG_DIFF_DST, p.diff_dst_desc()},
                 {DNNL_ARG_WEIGHTS, p.weights_desc()},
                 {DNNL_ARG_DIFF_SRC, p.diff_src_desc()},
                 {DNNL_ARG_SCRATCHPAD, p.scratchpad_desc()},
                 {DNNL_ARG_BIAS, memory::desc()}}};
    }
    static memory::desc from_desc(const Primitive::primitive_desc& p) { return p.diff_dst_desc(); }
    static memory::desc to_desc(const Primitive::primitive_desc& p) { return p.diff_src_desc(); }
    static std::int64_t terms(const Convolution& c) { return c.weight_count() / c.src.c; }
    static const Shape& from_shape(const Convolution& c) { return c.dst; }
    static const Shape& to_shape(const Convolution& c) { return c.src; }
};

/// Forward, and the gradient of the data: values and packed weights to values.
template <class Pass>
class WinogradOfValues final : public Plan {
   public:
    struct Recipe {
        Convolution convolution;
        int threads;
        typename Pass::Primitive::primitive_desc primitive;  ///< of one group
        dnnl::reorder::primitive_desc pack;                  ///< of one group
        Layout from, to;
        std::size_t workspace_bytes;
    };
    static std::optional<Recipe> consider(const Operation&, const Limits&);

    explicit WinogradOfValues(const Recipe&);
    void pack(const float* weights, void* packed, void* workspace, const Stream&) const override;
    void run(const Arguments&, void* workspace, const Stream&) const override;

   private:
    Convolution c_;
    Call call_, pack_;
    Slices from_, to_;
    std::size_t packed_step_;  ///< bytes of a group's packed weights
    int threads_;
};

template <class Pass>
auto WinogradOfValues<Pass>::consider(const Operation& op, const Limits& limits) -> std::optional<Recipe> {
    const auto& c = op.as<Convolution>();
    if (limits.precision != Precision::fp32 || limits.batch_invariant || Pass::terms(c) < fewest_terms)
        return std::nullopt;
    const Geometry g(one_group(c), c.src.n);
    const auto primitive = Pass::primitive(g, limits.training);
    const auto from = whole_layout(Pass::from_desc(primitive), Pass::from_shape(c));
    const auto to = whole_layout(Pass::to_desc(primitive), Pass::to_shape(c));
    if (!is_fast(primitive) || !from || !to) return std::nullopt;
    const auto pack = reorder_between(g.plain_weights, primitive.weights_desc());
    const std::size_t copies =
        Slices(Pass::from_shape(c), c.groups).copy_bytes() + Slices(Pass::to_shape(c), c.groups).copy_bytes();
    return Recipe{c,
                  limits.threads,
                  primitive,
                  pack,
                  *from,
                  *to,
                  copies + std::max(scratch_bytes(primitive), scratch_bytes(pack))};
}

template <class Pass>
WinogradOfValues<Pass>::WinogradOfValues(const Recipe& recipe)
    : c_(recipe.convolution),
      call_(Pass::call(recipe.primitive)),
      pack_(reorder_call(recipe.pack)),
      from_(Pass::from_shape(c_), c_.groups),
      to_(Pass::to_shape(c_), c_.groups),
      packed_step_(whole_lines(recipe.primitive.weights_desc().get_size())),
      threads_(recipe.threads) {
    set_layout(Pass::from, recipe.from);
    set_layout(Operand::weights, plain_layout(c_.weight_count()));
    if (Pass::to == Operand::dst && c_.bias) set_layout(Operand::bias, plain_layout(c_.dst.c));
    set_layout(Pass::to, recipe.to);
    packed_ = private_layout(recipe.primitive.weights_desc(), "winograd");
    packed_.bytes = packed_step_ * static_cast<std::size_t>(c_.groups);
    workspace_bytes_ = recipe.workspace_bytes;
    variant_ = recipe.primitive.impl_info_str();
}

template <class Pass>
void WinogradOfValues<Pass>::pack(const float* weights, void* packed, void* workspace, const Stream&) const {
    const TeamSize team(threads_);
    auto* to = static_cast<std::byte*>(packed);
    for (int g = 0; g < c_.groups; ++g, weights += c_.weight_count() / c_.groups, to += packed_step_)
        pack_({weights, to, workspace});
}

template <class Pass>
void WinogradOfValues<Pass>::run(const Arguments& arguments, void* workspace, const Stream& stream) const {
    const TeamSize team(threads_);
    auto* const from = arguments.get<std::byte>(Pass::from);
    auto* const to = arguments.get<std::byte>(Pass::to);
    auto* const from_copy = static_cast<std::byte*>(workspace);
    auto* const to_copy = from_copy + from_.copy_bytes();
    auto* const scratch = to_copy + to_.copy_bytes();
    const auto* weights = arguments.get<const std::byte>(Operand::weights);
    const auto* bias = arguments.get<const float>(Operand::bias);
    for (int g = 0; g < c_.groups; ++g, weights += packed_step_) {
        from_.gather(from, g, from_copy, stream);
        const auto* const group_bias = bias != nullptr ? bias + g * c_.dst.c / c_.groups : nullptr;
        call_({from_.at(from, g, from_copy), weights, to_.at(to, g, to_copy), scratch, group_bias});
        to_.scatter(to_copy, g, to, stream);
    }
    if (Pass::to == Operand::dst && c_.relu) relu_in_place(to, layout(Pass::to).bytes, DataType::f32, stream);
}

/// The gradient of the weights, which comes blocked and is brought into the file's plain layout.
class WinogradOfWeights final : public Plan {
   public:
    using Primitive = dnnl::convolution_backward_weights;
    struct Recipe {
        Convolution convolution;
        int threads;
        Primitive::primitive_desc primitive;   ///< of one group
        dnnl::reorder::primitive_desc unpack;  ///< of one group
        Layout src, diff_dst;
        std::size_t workspace_bytes;
    };
    static std::optional<Recipe> consider(const Operation&, const Limits&);

    explicit WinogradOfWeights(const Recipe&);
    void run(const Arguments&, void* workspace, const Stream&) const override;

   private:
    Convolution c_;
    Call call_, unpack_;
    Slices src_, diff_dst_;
    std::size_t blocked_bytes_;  ///< of a group's gradient before it is unpacked
    int threads_;
};

std::optional<WinogradOfWeights::Recipe> WinogradOfWeights::consider(const Operation& op,
                                                                     const Limits& limits) {
    const auto& c = op.as<Convolution>();
    const std::int64_t terms = c.dst.n * c.dst.h * c.dst.w;
    if (limits.precision != Precision::fp32 || limits.batch_invariant || terms < fewest_terms)
        return std::nullopt;
    const Geometry g(one_group(c), c.src.n);
    const auto primitive = weight_gradient(g, f32, winograd);
    const auto src = whole_layout(primitive.src_desc(), c.src);
    const auto diff_dst = whole_layout(primitive.diff_dst_desc(), c.dst);
    if (!is_fast(primitive) || !src || !diff_dst) return std::nullopt;
    const auto unpack = reorder_between(primitive.diff_weights_desc(), g.plain_weights);
    const std::size_t copies = Slices(c.src, c.groups).copy_bytes() + Slices(c.dst, c.groups).copy_bytes();
    return Recipe{c,
                  limits.threads,
                  primitive,
                  unpack,
                  *src,
                  *diff_dst,
                  copies + whole_lines(primitive.diff_weights_desc().get_size()) +
                      std::max(scratch_bytes(primitive), scratch_bytes(unpack))};
}

WinogradOfWeights::WinogradOfWeights(const Recipe& recipe)
    : c_(recipe.convolution),
      call_(Primitive(recipe.primitive), {{DNNL_ARG_SRC, recipe.primitive.src_desc()},
                                          {DNNL_ARG_DIFF_DST, recipe.primitive.diff_dst_desc()},
                                          {DNNL_ARG_DIFF_WEIGHTS, recipe.primitive.diff_weights_desc()},
                                          {DNNL_ARG_DIFF_BIAS, recipe.primitive.diff_bias_desc()},
                                          {DNNL_ARG_SCRATCHPAD, recipe.primitive.scratchpad_desc()}}),
      unpack_(reorder_call(recipe.unpack)),
      src_(c_.src, c_.groups),
      diff_dst_(c_.dst, c_.groups),
      blocked_bytes_(whole_lines(recipe.primitive.diff_weights_desc().get_size())),
      threads_(recipe.threads) {
    set_layout(Operand::src, recipe.src);
    set_layout(Operand::diff_dst, recipe.diff_dst);
    set_layout(Operand::diff_weights, plain_layout(c_.weight_count()));
    if (c_.bias) set_layout(Operand::diff_bias, plain_layout(c_.dst.c));
    workspace_bytes_ = recipe.workspace_bytes;
    variant_ = recipe.primitive.impl_info_str();
}

void WinogradOfWeights::run(const Arguments& arguments, void* workspace, const Stream& stream) const {
    const TeamSize team(threads_);
    auto* const src = arguments.get<std::byte>(Operand::src);
    auto* const diff_dst = arguments.get<std::byte>(Operand::diff_dst);
    auto* const src_copy = static_cast<std::byte*>(workspace);
    auto* const diff_dst_copy = src_copy + src_.copy_bytes();
    auto* const gradient = diff_dst_copy + diff_dst_.copy_bytes();
    auto* const scratch = gradient + blocked_bytes_;
    auto* weights = arguments.get<float>(Operand::diff_weights);
    auto* const bias = arguments.get<float>(Operand::diff_bias);
    for (int g = 0; g < c_.groups; ++g, weights += c_.weight_count() / c_.groups) {
        src_.gather(src, g, src_copy, stream);
        diff_dst_.gather(diff_dst, g, diff_dst_copy, stream);
        call_({src_.at(src, g, src_copy), diff_dst_.at(diff_dst, g, diff_dst_copy), gradient,
               bias != nullptr ? bias + g * c_.dst.c / c_.groups : nullptr, scratch});
        unpack_({gradient, weights, scratch});
    }
}

}  // namespace

Implementation winograd_forward() {
    return Entry<WinogradOfValues<Forward>>::implementation("winograd");
}
Implementation winograd_backward_data() {
    return Entry<WinogradOfValues<BackwardData>>::implementation("winograd");
}
Implementation winograd_backward_weights() {
    return Entry<WinogradOfWeights>::implementation("winograd");
}

}  // namespace emulsion::kernels::onednn
