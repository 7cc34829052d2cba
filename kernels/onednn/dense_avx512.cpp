// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The dense kernel with AVX-512: 32 registers of 16 floats hold a tile of 4 rows x 6 images.
#include "kernels/onednn/dense_kernel.h"

namespace emulsion::kernels::onednn {

const DenseKernel dense_avx512{"dense:16", 16, 6, dense_rows_of<16, 6, float>,
                               dense_rows_of<16, 6, std::uint16_t>};

}  // namespace emulsion::kernels::onednn
