// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/cudnn/api.h"
#include "kernels/kernels.h"

namespace emulsion::kernels {

Component cudnn_component() {
    std::string why_not;
    if (!cuda::cudnn::is_here(&why_not)) return {"cuDNN", why_not, false, DeviceKind::cuda, "cudnn"};
    const auto& api = cuda::cudnn::api();
    return {"cuDNN", api.version, true, DeviceKind::cuda, "cudnn", api.path};
}

}  // namespace emulsion::kernels
