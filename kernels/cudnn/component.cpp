// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/cudnn/api.h"
#include "kernels/kernels.h"

namespace emulsion::kernels {

Component cudnn_component() {
    std::string why_not;
    const bool present = cuda::cudnn::is_here(&why_not);
    const std::string version =
        present ? cuda::cudnn::api().version + " (" + cuda::cudnn::api().path + ")" : why_not;
    return {"cuDNN", version, present, DeviceKind::cuda, "cudnn"};
}

}  // namespace emulsion::kernels
