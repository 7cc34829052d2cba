// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/cublas/gemm.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cublas {

void gemm(const Product& p, const void* a, const void* b, float* d, void* workspace,
          std::size_t workspace_bytes, void* stream) {
    constexpr float one = 1, zero = 0;
    cublasHandle_t const by = handle();
    // In this order: a new stream brings back cuBLAS's own workspace.
    check(api().SetStream(by, static_cast<cudaStream_t>(stream)), "cublasSetStream");
    check(api().SetWorkspace(by, workspace, workspace_bytes), "cublasSetWorkspace");
    check(api().SetMathMode(by, CUBLAS_DEFAULT_MATH), "cublasSetMathMode");
    if (p.precision == Precision::fp32) {  // which Kepler has, too
        check(api().Sgemm(by, p.op_a(), p.op_b(), p.rows, p.columns, p.depth, &one,
                          static_cast<const float*>(a), p.lda(), static_cast<const float*>(b), p.ldb(), &zero,
                          d, p.ldd()),
              "cublasSgemm");
        return;
    }
    check(api().GemmEx(by, p.op_a(), p.op_b(), p.rows, p.columns, p.depth, &one, a, p.input_type(), p.lda(),
                       b, p.input_type(), p.ldb(), &zero, d, CUDA_R_32F, p.ldd(), p.compute_type(),
                       CUBLAS_GEMM_DEFAULT),
          "cublasGemmEx");
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cublas
