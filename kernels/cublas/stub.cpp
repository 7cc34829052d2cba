// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Stands in for kernels/cublas where it was not built.
#include "kernels/kernels.h"

namespace emulsion::kernels {

void cuda::append_cublas(OpKind, std::vector<Implementation>&) {}

Component cublas_component() {
    return {"cuBLAS", "not built in", false, DeviceKind::cuda, "cublas"};
}

}  // namespace emulsion::kernels
