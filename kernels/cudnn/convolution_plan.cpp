// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Convolution and its gradients by cuDNN's engines. Values lie in NCHW or NHWC, in bf16 where that is the
// precision; weights lie and are typed as the values are, so all but plain ones are packed.
//
// What cuDNN does not do, or not as we need it, is done by our own kernels: ReLU (fused into a convolution it
// may turn NaN into 0), the bias gradient (no engine reduces so), and what brings gradients of weights back
// to plain f32: no engine reads bf16 and writes f32, so those of bf16 have been rounded to bf16 once.
#include "kernels/cudnn/convolution.h"

#include "kernels/cuda/current_card.h"
#include "kernels/cudnn/operations.h"
#include "kernels/cudnn/plan.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cudnn {
namespace {

Arrangement arrangement(const Format& format) {
    return {format.kind == Layout::Kind::nhwc, format.type == DataType::bf16};
}

class ConvolutionPlan : public PlainPlan {
   public:
    /// A plan in the first of the formats that come into question in which there is an engine.
    template <class P>
    static std::unique_ptr<P> make_in_some_format(const Operation& op, const Limits& limits, const Way& way,
                                                  Operand arriving);

    void pack(const float* weights, void* packed, void*, const Stream& stream) const override {
        reorder(static_cast<int>(c_.dst.c), static_cast<int>(c_.src.c / c_.groups), c_.kernel_h * c_.kernel_w,
                {false, false}, weights, arrangement(format_), packed, queue_of(stream));
    }

   protected:
    ConvolutionPlan(const Operation& op, const Format& format) : c_(op.as<Convolution>()), format_(format) {}

    bool plain() const { return format_.kind == Layout::Kind::nchw && format_.type == DataType::f32; }
    void read_weights() {
        set_layout(Operand::weights, plain_layout(c_.weight_count()));
        if (!plain()) packed_ = format_.layout(weight_shape());
    }
    Shape weight_shape() const { return {c_.dst.c, c_.src.c / c_.groups, c_.kernel_h, c_.kernel_w}; }
    int places() const { return static_cast<int>(c_.dst.h * c_.dst.w); }

    /// Takes an engine that leaves room for `own` bytes of workspace behind its own; false if there is none,
    /// or if cuDNN refuses the very graph.
    template <class MakeGraph>
    bool take_engine(MakeGraph&& make_graph, const Limits& limits, const Way& way, std::size_t own = 0) {
        if (own > limits.workspace_bytes) return false;
        Demands demands;
        demands.precision = limits.precision;
        demands.transformed = way.transformed;
        // Rounding up to whole lines must not take more than there is.
        demands.workspace_bytes = (limits.workspace_bytes - own) / 64 * 64;
        try {
            const std::optional<Graph> graph = make_graph();
            auto engine = graph ? choose_engine(*graph, current_target(), demands, way.rank) : std::nullopt;
            if (!engine) return false;
            engine_ = std::move(*engine);
        } catch (const Refusal&) {
            return false;
        }
        workspace_bytes_ = own == 0 ? engine_.workspace_bytes : aligned(engine_.workspace_bytes) + own;
        variant_ = engine_.name;
        return true;
    }
    /// The part of the workspace behind the engine's.
    void* own_workspace(void* workspace) const {
        return advanced(workspace, aligned(engine_.workspace_bytes));
    }

    const Convolution c_;
    const Format format_;
    Engine engine_;
};

template <class P>
std::unique_ptr<P> ConvolutionPlan::make_in_some_format(const Operation& op, const Limits& limits,
                                                        const Way& way, Operand arriving) {
    if (limits.precision == Precision::tf32x3) return nullptr;
    if (limits.precision != Precision::fp32 && !multiplies_in_less()) return nullptr;
    const DataType type = limits.precision == Precision::bf16 ? DataType::bf16 : DataType::f32;
    using Kind = Layout::Kind;
    // Tensor cores read NHWC. Without them a value is taken as it comes.
    const Layout& arrives = limits.arrives(arriving);
    const bool nhwc_first =
        limits.precision != Precision::fp32 || (arrives.bytes != 0 && arrives.kind == Kind::nhwc);
    std::vector<Kind> kinds{nhwc_first ? Kind::nhwc : Kind::nchw, nhwc_first ? Kind::nchw : Kind::nhwc};
    if (way.lie != Way::Lie::any) kinds = {way.lie == Way::Lie::nhwc ? Kind::nhwc : Kind::nchw};
    for (const Kind kind : kinds) {
        auto plan = std::make_unique<P>(op, Format{kind, type});
        if (plan->countable() && plan->prepare(limits, way)) return plan;
    }
    return nullptr;
}

class ConvolutionForward final : public ConvolutionPlan {
   public:
    static std::unique_ptr<ConvolutionForward> make(const Operation& op, const Limits& limits,
                                                    const Way& way) {
        return make_in_some_format<ConvolutionForward>(op, limits, way, Operand::src);
    }

    ConvolutionForward(const Operation& op, const Format& format) : ConvolutionPlan(op, format) {
        set_layout(Operand::src, format.layout(c_.src));
        read_weights();
        if (c_.bias) set_layout(Operand::bias, plain_layout(c_.dst.c));
        set_layout(Operand::dst, format.layout(c_.dst));
    }

    /// With a ReLU to come, our kernel passes over dst anyway and takes the bias along.
    bool prepare(const Limits& limits, const Way& way) {
        bias_within_ =
            c_.bias && !c_.relu &&
            take_engine([&] { return convolution_with_bias_graph(c_, format_); }, limits, way, bias_copy());
        if (bias_within_) variant_ += ", bias";
        return bias_within_ ||
               take_engine([&] { return convolution_graph(OpKind::conv_forward, c_, format_); }, limits, way);
    }

    void run(const Arguments& arguments, void* workspace, const Stream& stream) const override {
        const auto* const src = arguments.get<const void>(Operand::src);
        const auto* const weights = arguments.get<const void>(Operand::weights);
        const auto* const bias = c_.bias ? arguments.get<const float>(Operand::bias) : nullptr;
        auto* const dst = arguments.get<void>(Operand::dst);
        const cudnnHandle_t handle = handle_on(stream);
        if (bias_within_) {
            const void* typed = bias;
            if (bias_copy() != 0) {
                typed = own_workspace(workspace);
                reorder(1, static_cast<int>(c_.dst.c), 1, {false, false}, bias, {false, true},
                        own_workspace(workspace), queue_of(stream));
            }
            execute(handle, engine_,
                    {{Operand::src, src},
                     {Operand::weights, weights},
                     {Operand::bias, typed},
                     {Operand::dst, dst}},
                    workspace);
            return;
        }
        execute(handle, engine_, {{Operand::src, src}, {Operand::weights, weights}, {Operand::dst, dst}},
                workspace);
        if (c_.bias || c_.relu)
            add_bias(static_cast<int>(c_.dst.n), static_cast<int>(c_.dst.c), places(), arrangement(format_),
                     bias, c_.relu, dst, queue_of(stream));
    }

   private:
    /// Bytes of the bias in the type of the values, where that is not its own.
    std::size_t bias_copy() const {
        return format_.type == DataType::f32
                   ? 0
                   : aligned(static_cast<std::size_t>(c_.dst.c) * size_of(format_.type));
    }

    bool bias_within_ = false;
};

class ConvolutionBackwardData final : public ConvolutionPlan {
   public:
    static std::unique_ptr<ConvolutionBackwardData> make(const Operation& op, const Limits& limits,
                                                         const Way& way) {
        return make_in_some_format<ConvolutionBackwardData>(op, limits, way, Operand::diff_dst);
    }

    ConvolutionBackwardData(const Operation& op, const Format& format) : ConvolutionPlan(op, format) {
        set_layout(Operand::diff_dst, format.layout(c_.dst));
        read_weights();
        set_layout(Operand::diff_src, format.layout(c_.src));
    }

    bool prepare(const Limits& limits, const Way& way) {
        return take_engine([&] { return convolution_graph(OpKind::conv_backward_data, c_, format_); }, limits,
                           way);
    }

    void run(const Arguments& arguments, void* workspace, const Stream& stream) const override {
        execute(handle_on(stream), engine_,
                {{Operand::diff_dst, arguments.get<const void>(Operand::diff_dst)},
                 {Operand::weights, arguments.get<const void>(Operand::weights)},
                 {Operand::diff_src, arguments.get<const void>(Operand::diff_src)}},
                workspace);
    }
};

class ConvolutionBackwardWeights final : public ConvolutionPlan {
   public:
    static std::unique_ptr<ConvolutionBackwardWeights> make(const Operation& op, const Limits& limits,
                                                            const Way& way) {
        return make_in_some_format<ConvolutionBackwardWeights>(op, limits, way, Operand::src);
    }

    ConvolutionBackwardWeights(const Operation& op, const Format& format) : ConvolutionPlan(op, format) {
        set_layout(Operand::src, format.layout(c_.src));
        set_layout(Operand::diff_dst, format.layout(c_.dst));
        set_layout(Operand::diff_weights, plain_layout(c_.weight_count()));
        if (c_.bias) set_layout(Operand::diff_bias, plain_layout(c_.dst.c));
    }

    bool prepare(const Limits& limits, const Way& way) {
        return take_engine([&] { return convolution_graph(OpKind::conv_backward_weights, c_, format_); },
                           limits, way, weights_copy() + diff_dst_copy());
    }

    void run(const Arguments& arguments, void* workspace, const Stream& stream) const override {
        const auto* const diff_dst = arguments.get<const void>(Operand::diff_dst);
        auto* const diff_weights = arguments.get<float>(Operand::diff_weights);
        void* const written = plain() ? diff_weights : own_workspace(workspace);
        execute(handle_on(stream), engine_,
                {{Operand::src, arguments.get<const void>(Operand::src)},
                 {Operand::diff_dst, diff_dst},
                 {Operand::diff_weights, written}},
                workspace);
        if (!plain())
            reorder(static_cast<int>(c_.dst.c), static_cast<int>(c_.src.c / c_.groups),
                    c_.kernel_h * c_.kernel_w, arrangement(format_), written, {false, false}, diff_weights,
                    queue_of(stream));
        if (c_.bias)
            sum_bias(diff_dst, advanced(own_workspace(workspace), weights_copy()),
                     arguments.get<float>(Operand::diff_bias), queue_of(stream));
    }

   private:
    /// Bytes of the gradient as cuDNN writes it, where that is not plain f32.
    std::size_t weights_copy() const { return plain() ? 0 : aligned(format_.layout(weight_shape()).bytes); }
    /// Bytes of diff_dst in f32, of which the bias gradient is summed, where it comes in another type.
    std::size_t diff_dst_copy() const {
        const bool copied = c_.bias && format_.type != DataType::f32;
        return copied ? aligned(plain_layout(c_.dst.count()).bytes) : 0;
    }

    void sum_bias(const void* diff_dst, void* copy, float* diff_bias, const Queue& queue) const {
        const bool nhwc = format_.kind == Layout::Kind::nhwc;
        if (diff_dst_copy() != 0) {
            reorder(static_cast<int>(c_.dst.n), static_cast<int>(c_.dst.c), places(), arrangement(format_),
                    diff_dst, {nhwc, false}, copy, queue);
            diff_dst = copy;
        }
        const auto* const values = static_cast<const float*>(diff_dst);
        // In NHWC they are rows of channels, which a fully connected layer of as many images has, too.
        if (nhwc)
            fully_connected_backward_bias(
                {static_cast<int>(c_.dst.n) * places(), 1, static_cast<int>(c_.dst.c)}, values, diff_bias,
                queue);
        else
            convolution_backward_bias(in_ints(c_), values, diff_bias, queue);
    }
};

/// The entry that picks; for the tuner's search the first engines in either layout.
template <class P>
std::vector<Implementation> by_ways() {
    using Lie = Way::Lie;
    return {implementation<P>(),
            implementation<P, Way{Lie::nchw, 0}>("nchw"),
            implementation<P, Way{Lie::nchw, 1}>("nchw2"),
            implementation<P, Way{Lie::nchw, 2}>("nchw3"),
            implementation<P, Way{Lie::nhwc, 0}>("nhwc"),
            implementation<P, Way{Lie::nhwc, 1}>("nhwc2"),
            implementation<P, Way{Lie::nhwc, 2}>("nhwc3")};
}
/// And by transforms, which cuDNN has for cards up to Ada.
template <class P>
std::vector<Implementation> by_ways_and_transforms() {
    auto entries = by_ways<P>();
    entries.push_back(implementation<P, Way{Way::Lie::any, 0, true}>("winograd"));
    return entries;
}

}  // namespace

std::vector<Implementation> convolution_forward_entries() {
    return by_ways_and_transforms<ConvolutionForward>();
}
std::vector<Implementation> convolution_backward_data_entries() {
    return by_ways_and_transforms<ConvolutionBackwardData>();
}
std::vector<Implementation> convolution_backward_weights_entries() {
    return by_ways<ConvolutionBackwardWeights>();
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cudnn
