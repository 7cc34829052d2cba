// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/onednn/dense.h"

namespace emulsion::kernels::onednn {

const DenseKernel& dense_kernel() {
    static const bool wide = __builtin_cpu_supports("avx512f") != 0;
    return wide ? dense_avx512 : dense_portable;
}

}  // namespace emulsion::kernels::onednn
