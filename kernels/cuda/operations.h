// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The entries of this folder, each defined in the plan of its operation; list.cpp puts them in order.
#pragma once

#include "kernels/kernels.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {

Implementation convolution_forward_entry();
Implementation convolution_backward_data_entry();
Implementation convolution_backward_weights_entry();
Implementation fully_connected_forward_entry();
Implementation fully_connected_backward_data_entry();
Implementation fully_connected_backward_weights_entry();
Implementation relu_forward_entry();
Implementation relu_backward_entry();
Implementation lrn_forward_entry();
Implementation lrn_backward_entry();
Implementation pool_forward_entry();
Implementation pool_backward_entry();
Implementation dropout_entry();  // forward and backward are the same arithmetic on other operands
Implementation softmax_forward_entry();
Implementation softmax_backward_entry();
Implementation loss_forward_entry();
Implementation loss_backward_entry();
Implementation concat_forward_entry();
Implementation concat_backward_entry();
Implementation add_entry();
Implementation square_sum_entry();
Implementation sgd_update_entry();
Implementation prepare_input_entry();
Implementation reorder_entry();

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
