// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// cuBLAS and cuBLASLt, opened when they are first needed: their functions as a table, under their own names
// without the prefix.
// https://docs.nvidia.com/cuda/cublas/
#pragma once

#include <cublasLt.h>
#include <cublas_v2.h>

#include <string>

#include "kernels/library.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cublas {

/// NVIDIA's headers overload the name in C++, so its type is spelt out.
using GemmEx = cublasStatus_t(cublasHandle_t, cublasOperation_t, cublasOperation_t, int m, int n, int k,
                              const void* alpha, const void* a, cudaDataType a_type, int lda, const void* b,
                              cudaDataType b_type, int ldb, const void* beta, void* c, cudaDataType c_type,
                              int ldc, cublasComputeType_t, cublasGemmAlgo_t);

struct Api {
    std::string path;     ///< the file that was opened
    std::string version;  ///< "13.1.0"

    decltype(&::cublasGetProperty) GetProperty;
    decltype(&::cublasGetStatusName) GetStatusName;
    decltype(&::cublasGetStatusString) GetStatusString;
    decltype(&::cublasCreate_v2) Create;
    decltype(&::cublasDestroy_v2) Destroy;
    decltype(&::cublasSetStream_v2) SetStream;
    decltype(&::cublasSetWorkspace_v2) SetWorkspace;
    decltype(&::cublasSetMathMode) SetMathMode;
    decltype(&::cublasSgemm_v2) Sgemm;
    cublas::GemmEx* GemmEx;

    // cuBLASLt, which cuBLAS is linked with
    decltype(&::cublasLtCreate) LtCreate;
    decltype(&::cublasLtDestroy) LtDestroy;
    decltype(&::cublasLtMatmulDescCreate) LtMatmulDescCreate;
    decltype(&::cublasLtMatmulDescDestroy) LtMatmulDescDestroy;
    decltype(&::cublasLtMatmulDescSetAttribute) LtMatmulDescSetAttribute;
    decltype(&::cublasLtMatrixLayoutCreate) LtMatrixLayoutCreate;
    decltype(&::cublasLtMatrixLayoutDestroy) LtMatrixLayoutDestroy;
    decltype(&::cublasLtMatmulPreferenceCreate) LtMatmulPreferenceCreate;
    decltype(&::cublasLtMatmulPreferenceDestroy) LtMatmulPreferenceDestroy;
    decltype(&::cublasLtMatmulPreferenceSetAttribute) LtMatmulPreferenceSetAttribute;
    decltype(&::cublasLtMatmulAlgoGetHeuristic) LtMatmulAlgoGetHeuristic;
    decltype(&::cublasLtMatmulAlgoConfigGetAttribute) LtMatmulAlgoConfigGetAttribute;
    decltype(&::cublasLtMatmul) LtMatmul;
};

/// The open library. Throws NoLibrary, at every call alike, if it is not here or of another major version.
const Api& api();
/// Whether it is here; `why_not` (may be null) gets the reason.
bool is_here(std::string* why_not = nullptr);

/// What was asked for cannot be had here; something else may be.
class Refusal : public KernelError {
   public:
    using KernelError::KernelError;
};

/// Throws KernelError "CALL: CODE: TEXT", with a hint where the code is one that people meet, if a call
/// failed; a Refusal where the card or this cuBLAS does not know what was asked for.
void check(cublasStatus_t, const char* call);

/// This thread's handles for its current card. Made at their first use (cuBLAS takes memory of the card then,
/// cuBLASLt hardly any) and given back at the thread's end.
cublasHandle_t handle();
cublasLtHandle_t lt_handle();

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cublas
