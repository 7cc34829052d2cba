// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/cublas/api.h"
#include "kernels/kernels.h"

namespace emulsion::kernels {

Component cublas_component() {
    std::string why_not;
    const bool here = cuda::cublas::is_here(&why_not);
    return {"cuBLAS", here ? cuda::cublas::api().version : why_not, here, DeviceKind::cuda, "cublas"};
}

}  // namespace emulsion::kernels
