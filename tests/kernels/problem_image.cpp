// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Problems of ReLU, local response normalisation, pooling, concatenation, addition, input preparation
// and reorders.
#include <algorithm>
#include <cmath>

#include "tests/kernels/problem.h"

namespace emulsion::kernels::tests {
namespace {

/// Every result of an oracle, in order.
template <class OracleCell>
Array all_of(const Shape& shape, OracleCell&& cell) {
    Array all{shape, DataType::f32, {}};
    for (std::int64_t i = 0; i < shape.count(); ++i) all.cells.push_back(cell(i).value);
    return all;
}

/// Values as an earlier operation would have left them: rounded to the precision of the session.
Array rounded(Array array, Precision precision) {
    for (double& v : array.cells) v = precision == Precision::bf16 ? round_to_bf16(v) : round_to_f32(v);
    return array;
}

}  // namespace

Problem make(OpKind kind, const Relu& relu, Precision precision) {
    const Array src = random_array(relu.shape, Operand::src, precision);
    Problem p({kind, relu});
    if (kind == OpKind::relu_forward) {
        p.inputs[Operand::src] = src;
        p.outputs[Operand::dst] = expect(
            relu.shape, 1, [&](std::int64_t i) { return oracle::relu_forward(src.cells, i); }, exact);
    } else {
        Array dst = src;
        for (double& v : dst.cells) v = std::max(0.0, v);
        const Array diff_dst = random_array(relu.shape, Operand::diff_dst, precision);
        p.inputs = {{Operand::dst, dst}, {Operand::diff_dst, diff_dst}};
        p.outputs[Operand::diff_src] = expect(
            relu.shape, 1,
            [&](std::int64_t i) { return oracle::relu_backward(dst.cells, diff_dst.cells, i); }, exact);
    }
    return p;
}

// The inputs are so large that the sum of squares counts as much as k; with values near 1 and AlexNet's
// alpha of 1e-4, a kernel that forgot the sum would still look right.
Problem make(OpKind kind, const Lrn& lrn, Precision precision) {
    const double scale = 2 / std::sqrt(static_cast<double>(lrn.alpha));
    const Array src = random_array(lrn.shape, Operand::src, precision, scale);
    const std::int64_t terms = lrn.shape.c * lrn.size;  // the oracle looks at every sum of a pixel
    Problem p({kind, lrn});
    p.inputs = {{Operand::src, src}};
    const auto forward = [&](std::int64_t i) { return oracle::lrn_forward(lrn, src.cells, i); };
    if (kind == OpKind::lrn_forward) {
        p.outputs[Operand::dst] = expect(lrn.shape, terms, forward, sum_bound);
        return p;
    }
    // `dst` is what the forward pass left, rounded to the session's precision. A plan may read it, or find
    // it again from src and `saved`: so much of a difference is no error.
    const Array dst = rounded(all_of(lrn.shape, forward), precision);
    const double rounding = precision == Precision::bf16 ? bf16_rounding : f32_rounding;
    const Array diff_dst = random_array(lrn.shape, Operand::diff_dst, precision);
    p.inputs[Operand::dst] = dst;
    p.inputs[Operand::diff_dst] = diff_dst;
    p.outputs[Operand::diff_src] = expect(
        lrn.shape, terms,
        [&](std::int64_t i) { return oracle::lrn_backward(lrn, src.cells, dst.cells, diff_dst.cells, i); },
        [=](const oracle::Cell& cell) { return sum_bound(cell) + rounding * cell.magnitude; });
    Lrn keeping = lrn;
    keeping.keep = true;
    p.forward = std::make_shared<Problem>(make(OpKind::lrn_forward, keeping, precision));
    return p;
}

// A maximum is taken over values of which many are equal, so that ties are tested in every case.
Problem make(OpKind kind, const Pool& pool, Precision precision) {
    const bool maximum = pool.mode == Pool::Mode::maximum;
    Array src = random_array(pool.src, Operand::src, precision);
    if (maximum) src.cells = random_ties(pool.src.count(), static_cast<std::uint32_t>(Operand::src));
    Problem p({kind, pool});
    if (kind == OpKind::pool_forward) {
        p.inputs[Operand::src] = src;
        p.outputs[Operand::dst] = expect(
            pool.dst, pool.kernel_h * pool.kernel_w,
            [&](std::int64_t i) { return oracle::pool_forward(pool, src.cells, i); },
            maximum ? exact : sum_bound);
        return p;
    }
    const Array diff_dst = random_array(pool.dst, Operand::diff_dst, precision);
    p.inputs[Operand::diff_dst] = diff_dst;
    p.outputs[Operand::diff_src] = expect(
        pool.src, pool.dst.h * pool.dst.w,
        [&](std::int64_t i) { return oracle::pool_backward(pool, src.cells, diff_dst.cells, i); }, sum_bound);
    Pool keeping = pool;
    keeping.keep = true;
    p.forward = std::make_shared<Problem>(make(OpKind::pool_forward, keeping, precision));
    return p;
}

Problem make(OpKind kind, const Concat& concat, Precision precision) {
    Problem p({kind, concat});
    if (kind == OpKind::concat_forward) {
        for (std::size_t s = 0; s < concat.src.size(); ++s) {
            const Shape& shape = concat.src[s];
            const auto stream = static_cast<std::uint32_t>(100 + s);
            p.list.push_back({shape, DataType::f32, random_values(shape.count(), stream, 1, precision)});
        }
        p.outputs[Operand::dst] = expect(
            concat.dst, 1, [&](std::int64_t i) { return oracle::concat_forward(concat, p.list, i); }, exact);
    } else {
        const Array diff_dst = random_array(concat.dst, Operand::diff_dst, precision);
        p.inputs[Operand::diff_dst] = diff_dst;
        for (std::size_t s = 0; s < concat.src.size(); ++s)
            p.list_outputs.push_back(expect(
                concat.src[s], 1,
                [&](std::int64_t i) { return oracle::concat_backward(concat, diff_dst.cells, s, i); },
                exact));
    }
    return p;
}

Problem make(OpKind kind, const Add& add, Precision precision) {
    const Array src = random_array(add.shape, Operand::src, precision);
    const Array src2 = random_array(add.shape, Operand::src2, precision);
    Problem p({kind, add});
    p.inputs = {{Operand::src, src}, {Operand::src2, src2}};
    p.outputs[Operand::dst] = expect(
        add.shape, 1, [&](std::int64_t i) { return oracle::add(src.cells, src2.cells, i); },
        [](const oracle::Cell& cell) { return f32_rounding * cell.magnitude; });  // one rounding
    return p;
}

Values default_crops(const PrepareInput& prepare) {
    const double below = static_cast<double>(prepare.photo_h - prepare.dst.h);
    const double beyond = static_cast<double>(prepare.photo_w - prepare.dst.w);
    Values crops;
    for (std::int64_t n = 0; n < prepare.dst.n; ++n) {
        const double corner[][2] = {{0, 0}, {below, beyond}, {0, beyond}, {below, 0}};
        crops.insert(crops.end(), {corner[n % 4][0], corner[n % 4][1], static_cast<double>(n % 2)});
    }
    return crops;
}

Problem make_prepare_input(const PrepareInput& prepare, const Values& crops) {
    const Shape photo_shape{prepare.dst.n, prepare.photo_h, prepare.photo_w, 3};  // as kernels.h has it
    Array photos{photo_shape, DataType::u8, random_values(photo_shape.count(), 200, 128)};
    for (double& v : photos.cells) v = std::floor(v) + 128;
    Problem p({OpKind::prepare_input, prepare});
    p.inputs[Operand::photos] = photos;
    p.inputs[Operand::crops] = {{prepare.dst.n, 1, 1, 3}, DataType::i32, crops};
    Array mean;
    if (prepare.mean_image) {
        mean = random_array({1, 3, prepare.photo_h, prepare.photo_w}, Operand::mean, Precision::fp32, 120);
        p.inputs[Operand::mean] = mean;
    }
    p.outputs[Operand::dst] = expect(
        prepare.dst, 1,
        [&](std::int64_t i) { return oracle::prepare_input(prepare, photos.cells, crops, mean.cells, i); },
        sum_bound);
    return p;
}

Problem make(OpKind, const PrepareInput& prepare, Precision) {
    return make_prepare_input(prepare, default_crops(prepare));
}

// Inputs of 24 bits, so that a reorder to bf16 has something to round: to nearest, even on a tie.
Problem make(OpKind kind, const Reorder& reorder, Precision) {
    const bool from_bf16 = reorder.from.type == DataType::bf16;
    Array src = random_array(reorder.shape, Operand::src, from_bf16 ? Precision::bf16 : Precision::fp32);
    src.type = reorder.from.type;
    Problem p({kind, reorder});
    p.inputs = {{Operand::src, src}};
    p.outputs[Operand::dst] = expect(
        reorder.shape, 1,
        [&](std::int64_t i) {
            const double value = src.cells[static_cast<std::size_t>(i)];
            return oracle::Cell{reorder.to.type == DataType::bf16 ? round_to_bf16(value) : value, 0, 0};
        },
        exact);
    return p;
}

}  // namespace emulsion::kernels::tests
