// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/cublas/api.h"
#include "kernels/kernels.h"

namespace emulsion::kernels {

Component cublas_component() {
    std::string why_not;
    const bool here = cuda::cublas::is_here(&why_not);
    if (!here) return {"cuBLAS", why_not, false, DeviceKind::cuda, "cublas", ""};
    const auto& api = cuda::cublas::api();
    return {"cuBLAS", api.version, true, DeviceKind::cuda, "cublas", api.path};
}

}  // namespace emulsion::kernels
