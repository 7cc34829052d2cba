// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Problems of convolution and the fully connected layer.
#include "tests/kernels/problem.h"

namespace emulsion::kernels::tests {

Problem make(OpKind kind, const Convolution& c, Precision precision) {
    const Shape kernel{c.dst.c, c.src.c / c.groups, c.kernel_h, c.kernel_w};
    const Array src = random_array(c.src, Operand::src, precision);
    const Array weights = random_array(kernel, Operand::weights, precision);
    const Array bias = random_array(vector_shape(c.bias ? c.dst.c : 0), Operand::bias, Precision::fp32);
    const Array diff_dst = random_array(c.dst, Operand::diff_dst, precision);
    const std::int64_t window = kernel.per_image(), places = c.dst.n * c.dst.h * c.dst.w;
    Problem p({kind, c});
    if (kind == OpKind::conv_forward) {
        p.inputs = {{Operand::src, src}, {Operand::weights, weights}};
        if (c.bias) p.inputs[Operand::bias] = bias;
        p.outputs[Operand::dst] = expect(
            c.dst, window,
            [&](std::int64_t i) { return oracle::conv_forward(c, src.cells, weights.cells, bias.cells, i); },
            sum_bound);
    } else if (kind == OpKind::conv_backward_data) {
        p.inputs = {{Operand::diff_dst, diff_dst}, {Operand::weights, weights}};
        p.outputs[Operand::diff_src] = expect(
            c.src, window * c.dst.c / kernel.c,
            [&](std::int64_t i) { return oracle::conv_backward_data(c, diff_dst.cells, weights.cells, i); },
            sum_bound);
    } else {
        p.inputs = {{Operand::src, src}, {Operand::diff_dst, diff_dst}};
        p.outputs[Operand::diff_weights] = expect(
            kernel, places,
            [&](std::int64_t i) { return oracle::conv_backward_weights(c, src.cells, diff_dst.cells, i); },
            sum_bound);
        if (c.bias)
            p.outputs[Operand::diff_bias] = expect(
                vector_shape(c.dst.c), places,
                [&](std::int64_t i) { return oracle::conv_backward_bias(c, diff_dst.cells, i); }, sum_bound);
    }
    return p;
}

Problem make(OpKind kind, const FullyConnected& f, Precision precision) {
    const Shape matrix{f.outputs, f.src.c, f.src.h, f.src.w};
    const Array src = random_array(f.src, Operand::src, precision);
    const Array diff_dst = random_array(f.dst(), Operand::diff_dst, precision);
    Problem p({kind, f});
    if (kind == OpKind::fc_backward_weights) {
        p.inputs = {{Operand::src, src}, {Operand::diff_dst, diff_dst}};
        p.outputs[Operand::diff_weights] = expect(
            matrix, f.src.n,
            [&](std::int64_t i) { return oracle::fc_backward_weights(f, src.cells, diff_dst.cells, i); },
            sum_bound);
        if (f.bias)
            p.outputs[Operand::diff_bias] = expect(
                vector_shape(f.outputs), f.src.n,
                [&](std::int64_t i) { return oracle::fc_backward_bias(f, diff_dst.cells, i); }, sum_bound);
        return p;
    }
    const Array& weights = p.inputs[Operand::weights] = random_array(matrix, Operand::weights, precision);
    if (kind == OpKind::fc_forward) {
        const Array bias = random_array(vector_shape(f.bias ? f.outputs : 0), Operand::bias, Precision::fp32);
        if (f.bias) p.inputs[Operand::bias] = bias;
        p.inputs[Operand::src] = src;
        p.outputs[Operand::dst] = expect(
            f.dst(), f.src.per_image(),
            [&](std::int64_t i) { return oracle::fc_forward(f, src.cells, weights.cells, bias.cells, i); },
            sum_bound);
    } else {
        p.inputs[Operand::diff_dst] = diff_dst;
        p.outputs[Operand::diff_src] = expect(
            f.src, f.outputs,
            [&](std::int64_t i) { return oracle::fc_backward_data(f, diff_dst.cells, weights.cells, i); },
            sum_bound);
    }
    return p;
}

}  // namespace emulsion::kernels::tests
