// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The entries of this folder, by operation: the one that picks a way first.
#pragma once

#include "kernels/kernels.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cublas {

std::vector<Implementation> fully_connected_forward_entries();
std::vector<Implementation> fully_connected_backward_data_entries();
std::vector<Implementation> fully_connected_backward_weights_entries();

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cublas
