// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What the layers with weights, "conv" and "fc", emit: parameter 0 is the weight, parameter 1, if there
// is one, the bias.
#pragma once

#include <emulsion/layer.h>

namespace emulsion {

void emit_weighted_forward(Builder&, const kernels::Operation& forward, bool bias);

/// The gradients that somebody wants: none for frozen parameters, none for an input upstream of which
/// nothing learns (the first layer of every net).
void emit_weighted_backward(Builder&, const kernels::Operation& weights_gradient,
                            const kernels::Operation& data_gradient, bool bias);

}  // namespace emulsion
