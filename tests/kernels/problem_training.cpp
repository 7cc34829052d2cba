// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Problems of dropout, softmax, the loss and the solver.
#include <cfloat>
#include <cmath>

#include "tests/kernels/problem.h"

namespace emulsion::kernels::tests {
namespace {

/// Where f32 would underflow, a result may be flushed to zero.
double bound_with_underflow(const oracle::Cell& cell) {
    return f32_bound(cell, 8) + static_cast<double>(FLT_MIN);
}

Array probabilities(const Shape& shape, const Values& logits) {
    Array p{shape, DataType::f32, Values(logits.size())};
    for (std::int64_t i = 0; i < shape.count(); ++i)
        p.cells[static_cast<std::size_t>(i)] = round_to_f32(oracle::softmax_forward(shape, logits, i).value);
    return p;
}

}  // namespace

Problem make_dropout(OpKind kind, const Dropout& dropout, const DropoutCounter& counter) {
    const bool forward = kind == OpKind::dropout_forward;
    const Operand from = forward ? Operand::src : Operand::diff_dst;
    const Array values = random_array(dropout.shape, from, Precision::fp32);
    Problem p({kind, dropout});
    p.inputs = {{from, values}, {Operand::counter, raw_array(counter)}};
    p.outputs[forward ? Operand::dst : Operand::diff_src] = expect(
        dropout.shape, 1, [&](std::int64_t i) { return oracle::dropout(dropout, counter, values.cells, i); },
        sum_bound);
    return p;
}

Problem make(OpKind kind, const Dropout& dropout, Precision) {
    return make_dropout(kind, dropout, {0x123456789ABCDEFULL, 450'000});
}

Problem make(OpKind kind, const Softmax& softmax, Precision) {
    const Shape& shape = softmax.shape;
    const Array src = random_array(shape, Operand::src, Precision::fp32, 6);
    Problem p({kind, softmax});
    if (kind == OpKind::softmax_forward) {
        p.inputs[Operand::src] = src;
        p.outputs[Operand::dst] = expect(
            shape, shape.c, [&](std::int64_t i) { return oracle::softmax_forward(shape, src.cells, i); },
            bound_with_underflow);
    } else {
        const Array dst = probabilities(shape, src.cells);
        const Array diff_dst = random_array(shape, Operand::diff_dst, Precision::fp32);
        p.inputs = {{Operand::dst, dst}, {Operand::diff_dst, diff_dst}};
        p.outputs[Operand::diff_src] = expect(
            shape, shape.c,
            [&](std::int64_t i) { return oracle::softmax_backward(shape, dst.cells, diff_dst.cells, i); },
            bound_with_underflow);
    }
    return p;
}

Values default_labels(const Shape& shape) {
    Values labels;
    for (std::int64_t n = 0; n < shape.n; ++n)
        labels.push_back(n % 4 == 1 ? -1 : static_cast<double>(n * 7 % shape.c));
    return labels;
}

Problem make_loss(OpKind kind, const Loss& loss, const Values& labels) {
    const Array src = random_array(loss.shape, Operand::src, Precision::fp32, 6);
    Problem p({kind, loss});
    p.inputs[Operand::labels] = {{loss.shape.n, 1, 1, 1}, DataType::i32, labels};
    if (kind == OpKind::loss_forward) {
        p.inputs[Operand::src] = src;
        p.outputs[Operand::dst] = expect(
            loss.shape, loss.shape.c,
            [&](std::int64_t i) { return oracle::softmax_forward(loss.shape, src.cells, i); },
            bound_with_underflow);
        p.outputs[Operand::loss] = expect(
            vector_shape(1), 1, [&](std::int64_t) { return oracle::loss_forward(loss, src.cells, labels); },
            bound_with_underflow);
    } else {
        const Array dst = probabilities(loss.shape, src.cells);
        p.inputs[Operand::dst] = dst;
        p.outputs[Operand::diff_src] = expect(
            loss.shape, 1, [&](std::int64_t i) { return oracle::loss_backward(loss, dst.cells, labels, i); },
            sum_bound);
    }
    return p;
}

Problem make(OpKind kind, const Loss& loss, Precision) {
    return make_loss(kind, loss, default_labels(loss.shape));
}

// Squares of f32 are exact in f64, and f64 is what the sum is kept in: its rounding, not f32's.
Problem make(OpKind kind, const SquareSum& sum, Precision) {
    const Array src = random_array(vector_shape(sum.count), Operand::src, Precision::fp32);
    Problem p({kind, sum});
    p.inputs = {{Operand::src, src}};
    Expected& dst = p.outputs[Operand::dst];
    dst = expect(
        vector_shape(1), 1, [&](std::int64_t) { return oracle::square_sum(src.cells); },
        [](const oracle::Cell& cell) { return sum_bound(cell) / f32_rounding * f64_rounding; });
    dst.type = DataType::f64;
    return p;
}

Problem make_sgd(const Sgd& sgd, const SgdRates& rates) {
    const Shape shape = vector_shape(sgd.count);
    const Array weights = random_array(shape, Operand::weights, Precision::fp32);
    const Array diff = random_array(shape, Operand::diff_weights, Precision::fp32);
    const Array momentum = random_array(shape, Operand::momentum, Precision::fp32, 0.1);
    Problem p({OpKind::sgd_update, sgd});
    p.inputs = {{Operand::weights, weights},
                {Operand::diff_weights, diff},
                {Operand::momentum, momentum},
                {Operand::rates, raw_array(rates)}};
    const auto update = [&](std::int64_t i) {
        return oracle::sgd_update(sgd, rates, weights.cells, diff.cells, momentum.cells, i);
    };
    p.outputs[Operand::momentum] = expect(
        shape, 1, [&](std::int64_t i) { return update(i).momentum; }, sum_bound);
    p.outputs[Operand::weights] = expect(
        shape, 1, [&](std::int64_t i) { return update(i).weight; }, sum_bound);
    return p;
}

Problem make(OpKind, const Sgd& sgd, Precision) {
    return make_sgd(sgd, {0.01F, 0.9F, 0.005F, 0.25F, 0});
}

}  // namespace emulsion::kernels::tests
