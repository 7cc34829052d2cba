// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/cublas/operations.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE {

void append_cublas(OpKind kind, std::vector<Implementation>& list) {
    std::vector<Implementation> entries;
    if (kind == OpKind::fc_forward) entries = cublas::fully_connected_forward_entries();
    if (kind == OpKind::fc_backward_data) entries = cublas::fully_connected_backward_data_entries();
    if (kind == OpKind::fc_backward_weights) entries = cublas::fully_connected_backward_weights_entries();
    list.insert(list.end(), entries.begin(), entries.end());
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE
