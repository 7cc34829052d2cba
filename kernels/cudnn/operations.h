// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The entries of this folder, by operation; each defined in its plan, the one that picks a way first.
#pragma once

#include "kernels/kernels.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cudnn {

std::vector<Implementation> convolution_forward_entries();
std::vector<Implementation> convolution_backward_data_entries();
std::vector<Implementation> convolution_backward_weights_entries();
std::vector<Implementation> lrn_forward_entries();
std::vector<Implementation> lrn_backward_entries();
std::vector<Implementation> pool_forward_entries();
std::vector<Implementation> softmax_forward_entries();
std::vector<Implementation> softmax_backward_entries();

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cudnn
