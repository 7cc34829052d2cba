// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Stands in for kernels/cudnn where it was not built.
#include "kernels/kernels.h"

namespace emulsion::kernels {

void cuda::append_cudnn(OpKind, std::vector<Implementation>&) {}

Component cudnn_component() {
    return {"cuDNN", "not built in", false, DeviceKind::cuda, "cudnn"};
}

}  // namespace emulsion::kernels
