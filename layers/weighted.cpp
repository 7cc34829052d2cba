// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "layers/weighted.h"

namespace emulsion {

void emit_weighted_forward(Builder& b, const kernels::Operation& forward, bool bias) {
    b.emit(forward, {{Operand::src, b.input()},
                     {Operand::weights, b.parameter(0)},
                     {Operand::bias, bias ? b.parameter(1) : Value{}},
                     {Operand::dst, b.output()}});
}

void emit_weighted_backward(Builder& b, const kernels::Operation& weights_gradient,
                            const kernels::Operation& data_gradient, bool bias) {
    const Value arriving = b.output_gradient();
    if (!arriving) return;

    const Value diff_weights = b.parameter_gradient(0);
    const Value diff_bias = bias ? b.parameter_gradient(1) : Value{};
    if (diff_weights || diff_bias)
        b.emit(weights_gradient, {{Operand::src, b.input()},
                                  {Operand::diff_dst, arriving},
                                  {Operand::diff_weights, diff_weights},
                                  {Operand::diff_bias, diff_bias}});
    if (const Value diff_src = b.input_gradient())
        b.emit(data_gradient, {{Operand::diff_dst, arriving},
                               {Operand::weights, b.parameter(0)},
                               {Operand::diff_src, diff_src}});
}

}  // namespace emulsion
