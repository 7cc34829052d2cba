// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/cudnn/operations.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {
namespace {

struct Entry {
    OpKind kind;
    std::vector<Implementation> (*make)();
};
constexpr Entry table[] = {
    {OpKind::conv_forward, cudnn::convolution_forward_entries},
    {OpKind::conv_backward_data, cudnn::convolution_backward_data_entries},
    {OpKind::conv_backward_weights, cudnn::convolution_backward_weights_entries},
    {OpKind::lrn_forward, cudnn::lrn_forward_entries},
    {OpKind::lrn_backward, cudnn::lrn_backward_entries},
    {OpKind::pool_forward, cudnn::pool_forward_entries},
    {OpKind::softmax_forward, cudnn::softmax_forward_entries},
    {OpKind::softmax_backward, cudnn::softmax_backward_entries},
};

}  // namespace

void append_cudnn(OpKind kind, std::vector<Implementation>& list) {
    for (const Entry& entry : table)
        if (entry.kind == kind)
            for (const Implementation& each : entry.make()) list.push_back(each);
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
