// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The dense kernel for the instruction set that everything is compiled for: vectors of 8 floats, on x86-64
// those of AVX2, whose 16 registers hold a tile of 4 rows x 2 images and what it reads.
#include "kernels/onednn/dense_kernel.h"

namespace emulsion::kernels::onednn {

const DenseKernel dense_portable{"dense:8", 8, 2, dense_rows_of<8, 2, float>,
                                 dense_rows_of<8, 2, std::uint16_t>};

}  // namespace emulsion::kernels::onednn
