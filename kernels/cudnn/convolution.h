// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A convolution, or a gradient of one, as a graph of cuDNN's.
#pragma once

#include <optional>

#include "kernels/cudnn/graph.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cudnn {

/// One operation on src, weights and dst (or on their gradients: diff_weights lie and are typed as weights
/// are), multiplied in f32 or less and summed in f32. Groups need no word: cuDNN sees them in the channels
/// of the weights. None where no padding leads to this size of dst.
std::optional<Graph> convolution_graph(OpKind, const Convolution&, const Format&);

/// Forward, and then dst += bias within the same graph. The bias has the type of the values.
std::optional<Graph> convolution_with_bias_graph(const Convolution&, const Format&);

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cudnn
