// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Pooling as a graph of cuDNN's.
#pragma once

#include <optional>

#include "kernels/cudnn/graph.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cudnn {

/// src -> dst in plain f32. Windows may hang over the edges, as padding after the image. None where no
/// padding leads to this size of dst, or where the average would be divided by other counts than ours: cuDNN
/// counts all of a window as padded, also what lies beyond the padding that was asked for.
std::optional<Graph> pool_graph(const Pool&);

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cudnn
