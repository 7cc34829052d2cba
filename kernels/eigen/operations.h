// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The entries of this folder, each defined in the file of its operation; list.cpp puts them in order.
#pragma once

#include "kernels/kernels.h"

namespace emulsion::kernels::eigen {

Implementation convolution_forward();
Implementation convolution_backward_data();
Implementation convolution_backward_weights();
Implementation fully_connected_forward();
Implementation fully_connected_backward_data();
Implementation fully_connected_backward_weights();
Implementation relu_forward();
Implementation relu_backward();
Implementation lrn_forward();
Implementation lrn_backward();
Implementation pool_forward();
Implementation pool_backward();
Implementation dropout();  // forward and backward are the same arithmetic on other operands
Implementation softmax_forward();
Implementation softmax_backward();
Implementation loss_forward();
Implementation loss_backward();
Implementation concat_forward();
Implementation concat_backward();
Implementation add();
Implementation square_sum();
Implementation sgd_update();
Implementation prepare_input();
Implementation reorder();

}  // namespace emulsion::kernels::eigen
