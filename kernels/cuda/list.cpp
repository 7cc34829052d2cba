// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The table of this folder: one implementation for every operation there is.
#include "kernels/cuda/operations.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

struct Entry {
    OpKind kind;
    Implementation (*make)();
};

constexpr Entry table[] = {
    {OpKind::conv_forward, convolution_forward_entry},
    {OpKind::conv_backward_data, convolution_backward_data_entry},
    {OpKind::conv_backward_weights, convolution_backward_weights_entry},
    {OpKind::fc_forward, fully_connected_forward_entry},
    {OpKind::fc_backward_data, fully_connected_backward_data_entry},
    {OpKind::fc_backward_weights, fully_connected_backward_weights_entry},
    {OpKind::relu_forward, relu_forward_entry},
    {OpKind::relu_backward, relu_backward_entry},
    {OpKind::lrn_forward, lrn_forward_entry},
    {OpKind::lrn_backward, lrn_backward_entry},
    {OpKind::pool_forward, pool_forward_entry},
    {OpKind::pool_backward, pool_backward_entry},
    {OpKind::dropout_forward, dropout_entry},
    {OpKind::dropout_backward, dropout_entry},
    {OpKind::softmax_forward, softmax_forward_entry},
    {OpKind::softmax_backward, softmax_backward_entry},
    {OpKind::loss_forward, loss_forward_entry},
    {OpKind::loss_backward, loss_backward_entry},
    {OpKind::concat_forward, concat_forward_entry},
    {OpKind::concat_backward, concat_backward_entry},
    {OpKind::add, add_entry},
    {OpKind::square_sum, square_sum_entry},
    {OpKind::sgd_update, sgd_update_entry},
    {OpKind::prepare_input, prepare_input_entry},
    {OpKind::reorder, reorder_entry},
};

}  // namespace

void append(OpKind kind, std::vector<Implementation>& list) {
    for (const Entry& entry : table)
        if (entry.kind == kind) list.push_back(entry.make());
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
