// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The table of this folder: every operation there is, each with the ways in which it can be run.
#include "kernels/cuda/operations.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

struct Entry {
    OpKind kind;
    std::vector<Implementation> (*make)();
};

constexpr Entry table[] = {
    {OpKind::conv_forward, convolution_forward_entries},
    {OpKind::conv_backward_data, convolution_backward_data_entries},
    {OpKind::conv_backward_weights, convolution_backward_weights_entries},
    {OpKind::fc_forward, fully_connected_forward_entries},
    {OpKind::fc_backward_data, fully_connected_backward_data_entries},
    {OpKind::fc_backward_weights, fully_connected_backward_weights_entries},
    {OpKind::relu_forward, relu_forward_entries},
    {OpKind::relu_backward, relu_backward_entries},
    {OpKind::lrn_forward, lrn_forward_entries},
    {OpKind::lrn_backward, lrn_backward_entries},
    {OpKind::pool_forward, pool_forward_entries},
    {OpKind::pool_backward, pool_backward_entries},
    {OpKind::dropout_forward, dropout_entries},
    {OpKind::dropout_backward, dropout_entries},
    {OpKind::softmax_forward, softmax_forward_entries},
    {OpKind::softmax_backward, softmax_backward_entries},
    {OpKind::loss_forward, loss_forward_entries},
    {OpKind::loss_backward, loss_backward_entries},
    {OpKind::concat_forward, concat_forward_entries},
    {OpKind::concat_backward, concat_backward_entries},
    {OpKind::add, add_entries},
    {OpKind::square_sum, square_sum_entries},
    {OpKind::sgd_update, sgd_update_entries},
    {OpKind::prepare_input, prepare_input_entries},
    {OpKind::reorder, reorder_entries},
};

}  // namespace

void append(OpKind kind, std::vector<Implementation>& list) {
    for (const Entry& entry : table)
        if (entry.kind == kind)
            for (const Implementation& each : entry.make()) list.push_back(each);
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
