// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A product by the classic routines, which choose an algorithm themselves. They are all that Kepler has.
#pragma once

#include "kernels/cublas/product.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cublas {

/// With less than this cuBLAS may fail for want of memory.
inline constexpr std::size_t least_gemm_workspace = 16 << 10;

/// A workspace of the caller's own makes results the same at every run, and lets CUDA graphs record the call.
/// It is at a multiple of workspace_alignment.
void gemm(const Product&, const void* a, const void* b, float* d, void* workspace,
          std::size_t workspace_bytes, void* stream);

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cublas
