// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The operations of this folder. Softmax, loss, dropout, solver and input preparation work on plain fp32
// and gain nothing here: kernels/eigen has them.
#pragma once

#include "kernels/kernels.h"

namespace emulsion::kernels::onednn {

Implementation convolution_forward();
Implementation convolution_backward_data();
Implementation convolution_backward_weights();
Implementation winograd_forward();
Implementation winograd_backward_data();
Implementation winograd_backward_weights();
Implementation fully_connected_forward();
Implementation fully_connected_backward_data();
Implementation fully_connected_backward_weights();
Implementation relu_forward();
Implementation relu_backward();
Implementation lrn_forward();
Implementation lrn_backward();
Implementation pool_forward();
Implementation pool_backward();
Implementation concat_forward();
Implementation concat_backward();
Implementation add();
Implementation reorder();

}  // namespace emulsion::kernels::onednn
