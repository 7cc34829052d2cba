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
    {OpKind::relu_forward, relu_forward_entry},       {OpKind::relu_backward, relu_backward_entry},
    {OpKind::lrn_forward, lrn_forward_entry},         {OpKind::lrn_backward, lrn_backward_entry},
    {OpKind::pool_forward, pool_forward_entry},       {OpKind::pool_backward, pool_backward_entry},
    {OpKind::dropout_forward, dropout_entry},         {OpKind::dropout_backward, dropout_entry},
    {OpKind::softmax_forward, softmax_forward_entry}, {OpKind::softmax_backward, softmax_backward_entry},
    {OpKind::loss_forward, loss_forward_entry},       {OpKind::loss_backward, loss_backward_entry},
    {OpKind::prepare_input, prepare_input_entry},
};

}  // namespace

void append(OpKind kind, std::vector<Implementation>& list) {
    for (const Entry& entry : table)
        if (entry.kind == kind) list.push_back(entry.make());
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
