// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What every operation is tried on.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/trial.h"
#include "kernels/philox.h"

namespace emulsion {
namespace {

using kernels::Operation;

Shape flat(std::int64_t count) {
    return {1, 1, 1, count};
}

Shape shape_of(const kernels::Convolution& c, Operand o) {
    switch (o) {
        case Operand::src:
        case Operand::diff_src:
            return c.src;
        case Operand::weights:
        case Operand::diff_weights:
            return {c.dst.c, c.src.c / c.groups, c.kernel_h, c.kernel_w};
        case Operand::bias:
        case Operand::diff_bias:
            return flat(c.dst.c);
        default:
            return c.dst;
    }
}
Shape shape_of(const kernels::FullyConnected& f, Operand o) {
    switch (o) {
        case Operand::src:
        case Operand::diff_src:
            return f.src;
        case Operand::weights:
        case Operand::diff_weights:
            return {f.outputs, f.src.per_image(), 1, 1};
        case Operand::bias:
        case Operand::diff_bias:
            return flat(f.outputs);
        default:
            return f.dst();
    }
}
Shape shape_of(const kernels::Pool& p, Operand o) {
    return o == Operand::src || o == Operand::diff_src ? p.src : p.dst;
}
Shape shape_of(const kernels::Concat& c, Operand) {
    return c.dst;
}
Shape shape_of(const kernels::Loss& l, Operand o) {
    if (o == Operand::labels) return flat(l.shape.n);
    return o == Operand::loss ? flat(1) : l.shape;
}
Shape shape_of(const kernels::Dropout& d, Operand o) {
    return o == Operand::counter ? flat(sizeof(kernels::DropoutCounter)) : d.shape;
}
Shape shape_of(const kernels::SquareSum& s, Operand o) {
    return flat(o == Operand::dst ? 1 : s.count);
}
Shape shape_of(const kernels::Sgd& s, Operand o) {
    return flat(o == Operand::rates ? static_cast<std::int64_t>(sizeof(kernels::SgdRates)) : s.count);
}
Shape shape_of(const kernels::PrepareInput& p, Operand o) {
    if (o == Operand::crops) return flat(3 * p.dst.n);
    if (o == Operand::photos) return {p.dst.n, 3, p.photo_h, p.photo_w};
    return o == Operand::mean ? Shape{1, 3, p.photo_h, p.photo_w} : p.dst;
}
template <class ShapeAlone>
Shape shape_of(const ShapeAlone& d, Operand) {
    return d.shape;
}

/// The bits of a float that a precision keeps of an operand: a sign, 8 bits of exponent, and 7 (bf16) or 10
/// (TF32) of the significand. 3xTF32 keeps nearly all.
std::uint32_t kept_bits(kernels::Precision precision) {
    if (precision == kernels::Precision::bf16) return 0xFFFF0000U;
    return precision == kernels::Precision::tf32 ? 0xFFFFE000U : 0xFFFFFFFFU;
}

/// Words of a stream of their own for each operand, so that forward and backward see the same `src`.
class Draw {
   public:
    Draw(std::uint64_t seed, std::uint64_t stream, kernels::Precision precision)
        : seed_(seed), stream_(stream), kept_bits_(kept_bits(precision)) {}

    std::vector<std::byte> bytes(std::int64_t count) const {
        std::vector<std::byte> all(static_cast<std::size_t>(count));
        for (std::size_t at = 0; at < all.size(); at += sizeof(Philox4)) {
            const Philox4 random = philox(at / sizeof(Philox4), stream_, seed_);
            std::memcpy(all.data() + at, random.word, std::min(sizeof random, all.size() - at));
        }
        return all;
    }
    /// Even in [low, high).
    std::vector<std::byte> reals(std::int64_t count, double low, double high) const {
        std::vector<std::byte> all = bytes(count * 4);
        for (std::size_t at = 0; at < all.size(); at += 4) {
            std::uint32_t word = 0;
            std::memcpy(&word, all.data() + at, 4);
            const auto x = static_cast<float>(low + (high - low) * (word * 0x1p-32));
            std::memcpy(&word, &x, 4);
            word &= kept_bits_;
            std::memcpy(all.data() + at, &word, 4);
        }
        return all;
    }

   private:
    std::uint64_t seed_, stream_;
    std::uint32_t kept_bits_;
};

template <class T>
std::vector<std::byte> bytes_of(const std::vector<T>& values) {
    const auto* const first = reinterpret_cast<const std::byte*>(values.data());
    return {first, first + values.size() * sizeof(T)};
}

std::vector<std::byte> labels(const Operation& op) {
    const Shape& shape = op.as<kernels::Loss>().shape;
    std::vector<std::int32_t> all;
    for (std::int64_t i = 0; i < shape.n; ++i) all.push_back(static_cast<std::int32_t>(i % shape.c));
    return bytes_of(all);
}

/// Numbers of a size that leaves results near 1, and that an operation may meet: probabilities add up to
/// about 1, LRN's sources are as large as conv1's results.
std::vector<std::byte> numbers(const Operation& op, Operand o, const Draw& draw) {
    const Shape shape = operand_shape(op, o);
    const std::int64_t count = shape.count();
    const OpKind kind = op.kind;
    if (o == Operand::weights && kind != OpKind::sgd_update) {
        const double width = std::sqrt(3.0 / static_cast<double>(shape.per_image()));
        return draw.reals(count, -width, width);
    }
    if (o == Operand::dst && (kind == OpKind::loss_backward || kind == OpKind::softmax_backward))
        return draw.reals(count, 0, 2.0 / static_cast<double>(shape.c));
    if (o == Operand::mean) return draw.reals(count, 100, 140);
    if (kind == OpKind::lrn_forward || kind == OpKind::lrn_backward) return draw.reals(count, -50, 50);
    return draw.reals(count, -1, 1);
}

std::vector<std::byte> drawn(const Operation& op, Operand o, std::uint64_t seed,
                             kernels::Precision precision) {
    const Draw draw(seed, static_cast<std::uint64_t>(o), precision);
    switch (o) {
        case Operand::labels:
            return labels(op);
        case Operand::crops:
            return bytes_of(
                std::vector<std::int32_t>(static_cast<std::size_t>(operand_shape(op, o).count())));
        case Operand::counter:
            return bytes_of(std::vector<kernels::DropoutCounter>{{seed, 1}});
        case Operand::rates:
            return bytes_of(std::vector<kernels::SgdRates>{{1e-3F, 0.9F, 1e-3F, 1, 0}});
        case Operand::photos:
            return draw.bytes(operand_shape(op, o).count());
        default:
            return numbers(op, o, draw);
    }
}

std::vector<Operand> read_by(OpKind kind) {
    switch (kind) {
        case OpKind::conv_forward:
        case OpKind::fc_forward:
            return {Operand::src, Operand::weights, Operand::bias};
        case OpKind::conv_backward_data:
        case OpKind::fc_backward_data:
            return {Operand::diff_dst, Operand::weights};
        case OpKind::conv_backward_weights:
        case OpKind::fc_backward_weights:
            return {Operand::src, Operand::diff_dst};
        case OpKind::relu_backward:
        case OpKind::softmax_backward:
            return {Operand::dst, Operand::diff_dst};
        case OpKind::lrn_backward:
            return {Operand::src, Operand::diff_dst};  // dst and saved are the forward operation's
        case OpKind::pool_backward:
        case OpKind::concat_backward:
            return {Operand::diff_dst};
        case OpKind::dropout_forward:
            return {Operand::src, Operand::counter};
        case OpKind::dropout_backward:
            return {Operand::diff_dst, Operand::counter};
        case OpKind::loss_forward:
            return {Operand::src, Operand::labels};
        case OpKind::loss_backward:
            return {Operand::dst, Operand::labels};
        case OpKind::concat_forward:
            return {};
        case OpKind::add:
            return {Operand::src, Operand::src2};
        case OpKind::sgd_update:
            return {Operand::weights, Operand::diff_weights, Operand::momentum, Operand::rates};
        case OpKind::prepare_input:
            return {Operand::photos, Operand::crops, Operand::mean};
        default:
            return {Operand::src};
    }
}

}  // namespace

Shape operand_shape(const Operation& op, Operand o) {
    return std::visit([&](const auto& d) { return shape_of(d, o); }, op.descriptor);
}

std::optional<Operation> forward_of(const Operation& op) {
    if (op.kind == OpKind::lrn_backward) {
        auto lrn = op.as<kernels::Lrn>();
        lrn.keep = true;
        return Operation{OpKind::lrn_forward, lrn};
    }
    if (op.kind == OpKind::pool_backward) {
        auto pool = op.as<kernels::Pool>();
        pool.keep = true;
        return Operation{OpKind::pool_forward, pool};
    }
    return std::nullopt;
}

Inputs random_inputs(const Operation& op, std::uint64_t seed, kernels::Precision precision) {
    Inputs inputs;
    inputs.seed = seed;
    inputs.precision = precision;
    for (const Operand o : read_by(op.kind)) inputs.at[o] = drawn(op, o, seed, precision);
    if (op.kind == OpKind::concat_forward)
        for (const Shape& shape : op.as<kernels::Concat>().src)
            inputs.list.push_back(
                Draw(seed, 100 + inputs.list.size(), precision).reals(shape.count(), -1, 1));
    return inputs;
}

}  // namespace emulsion
