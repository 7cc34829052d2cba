// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/onednn/dense.h"

namespace emulsion::kernels::onednn {

const DenseKernel& dense_kernel() {
    return dense_portable;
}

}  // namespace emulsion::kernels::onednn
