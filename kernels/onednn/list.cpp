// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/onednn/list.h"

#include <dnnl.hpp>
#include <string>

namespace emulsion::kernels {

void append_onednn(OpKind kind, std::vector<Implementation>& list) {
    switch (kind) {
        case OpKind::conv_forward:
            list.push_back(onednn::convolution_forward());
            return list.push_back(onednn::winograd_forward());
        case OpKind::conv_backward_data:
            list.push_back(onednn::convolution_backward_data());
            return list.push_back(onednn::winograd_backward_data());
        case OpKind::conv_backward_weights:
            list.push_back(onednn::convolution_backward_weights());
            return list.push_back(onednn::winograd_backward_weights());
        case OpKind::fc_forward:
            return list.push_back(onednn::fully_connected_forward());
        case OpKind::fc_backward_data:
            return list.push_back(onednn::fully_connected_backward_data());
        case OpKind::fc_backward_weights:
            return list.push_back(onednn::fully_connected_backward_weights());
        case OpKind::relu_forward:
            return list.push_back(onednn::relu_forward());
        case OpKind::relu_backward:
            return list.push_back(onednn::relu_backward());
        case OpKind::lrn_forward:
            return list.push_back(onednn::lrn_forward());
        case OpKind::lrn_backward:
            return list.push_back(onednn::lrn_backward());
        case OpKind::pool_forward:
            return list.push_back(onednn::pool_forward());
        case OpKind::pool_backward:
            return list.push_back(onednn::pool_backward());
        case OpKind::concat_forward:
            return list.push_back(onednn::concat_forward());
        case OpKind::concat_backward:
            return list.push_back(onednn::concat_backward());
        case OpKind::add:
            return list.push_back(onednn::add());
        case OpKind::reorder:
            return list.push_back(onednn::reorder());
        default:
            return;
    }
}

Component onednn_component() {
    const dnnl_version_t& version = *dnnl_version();
    return {"oneDNN",
            std::to_string(version.major) + "." + std::to_string(version.minor) + "." +
                std::to_string(version.patch),
            true};
}

}  // namespace emulsion::kernels
