// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The entries of this folder, by operation; each defined in its plan, the one that picks a way first.
#pragma once

#include "kernels/kernels.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {

std::vector<Implementation> convolution_forward_entries();
std::vector<Implementation> convolution_backward_data_entries();
std::vector<Implementation> convolution_backward_weights_entries();
std::vector<Implementation> fully_connected_forward_entries();
std::vector<Implementation> fully_connected_backward_data_entries();
std::vector<Implementation> fully_connected_backward_weights_entries();
std::vector<Implementation> relu_forward_entries();
std::vector<Implementation> relu_backward_entries();
std::vector<Implementation> lrn_forward_entries();
std::vector<Implementation> lrn_backward_entries();
std::vector<Implementation> pool_forward_entries();
std::vector<Implementation> pool_backward_entries();
std::vector<Implementation>
dropout_entries();  // forward and backward are the same arithmetic on other operands
std::vector<Implementation> softmax_forward_entries();
std::vector<Implementation> softmax_backward_entries();
std::vector<Implementation> loss_forward_entries();
std::vector<Implementation> loss_backward_entries();
std::vector<Implementation> concat_forward_entries();
std::vector<Implementation> concat_backward_entries();
std::vector<Implementation> add_entries();
std::vector<Implementation> square_sum_entries();
std::vector<Implementation> sgd_update_entries();
std::vector<Implementation> prepare_input_entries();
std::vector<Implementation> reorder_entries();

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
