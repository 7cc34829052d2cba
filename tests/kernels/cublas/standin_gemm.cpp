// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// cuBLAS's classic functions, as far as kernels/cublas calls them.
#include "tests/kernels/cublas/standin_state.h"

using namespace standin;

namespace {

const char* name_of(cublasStatus_t status) {
    switch (status) {
        case CUBLAS_STATUS_SUCCESS:
            return "CUBLAS_STATUS_SUCCESS";
        case CUBLAS_STATUS_NOT_INITIALIZED:
            return "CUBLAS_STATUS_NOT_INITIALIZED";
        case CUBLAS_STATUS_ALLOC_FAILED:
            return "CUBLAS_STATUS_ALLOC_FAILED";
        case CUBLAS_STATUS_INVALID_VALUE:
            return "CUBLAS_STATUS_INVALID_VALUE";
        case CUBLAS_STATUS_ARCH_MISMATCH:
            return "CUBLAS_STATUS_ARCH_MISMATCH";
        case CUBLAS_STATUS_EXECUTION_FAILED:
            return "CUBLAS_STATUS_EXECUTION_FAILED";
        case CUBLAS_STATUS_NOT_SUPPORTED:
            return "CUBLAS_STATUS_NOT_SUPPORTED";
        default:
            return "CUBLAS_STATUS_INTERNAL_ERROR";
    }
}

cublasStatus_t run(const std::string& function, cublasHandle_t by, Product p, cublasComputeType_t compute,
                   const void* alpha, const void* beta) {
    const Handle* const handle = find(state().handles, by);
    std::ostringstream told;
    told << "compute=" << text(compute) << " math=" << (handle == nullptr ? -1 : handle->math)
         << " op=" << text(p.op_a) << text(p.op_b) << " m=" << p.rows << " n=" << p.columns
         << " k=" << p.depth << " " << text(p.type) << " lda=" << p.lda << " ldb=" << p.ldb
         << " ldc=" << p.ldd << " workspace=" << (handle == nullptr ? 0 : handle->workspace_bytes)
         << (handle != nullptr && handle->own_workspace ? "" : " (cuBLAS's)")
         << " stream=" << address_text(handle == nullptr ? nullptr : handle->stream);
    if (const auto failed = enter(function, told.str()); failed != CUBLAS_STATUS_SUCCESS) return failed;
    if (handle == nullptr) return refuse(CUBLAS_STATUS_NOT_INITIALIZED, function + ": unknown handle");
    const std::int64_t rows_a = p.op_a == CUBLAS_OP_N ? p.rows : p.depth;
    const std::int64_t rows_b = p.op_b == CUBLAS_OP_N ? p.depth : p.columns;
    if (p.rows <= 0 || p.columns <= 0 || p.depth <= 0 || p.lda < rows_a || p.ldb < rows_b || p.ldd < p.rows ||
        alpha == nullptr || beta == nullptr)
        return refuse(CUBLAS_STATUS_INVALID_VALUE, function + ": wrong extents");
    if (handle->own_workspace && handle->workspace_bytes < (16 << 10))
        return refuse(CUBLAS_STATUS_ALLOC_FAILED, function + ": too small a workspace");
    p.alpha = *static_cast<const float*>(alpha);
    p.beta = *static_cast<const float*>(beta);
    p.tf32 = p.type == CUDA_R_32F &&
             (compute == CUBLAS_COMPUTE_32F_FAST_TF32 || handle->math == CUBLAS_TF32_TENSOR_OP_MATH);
    scribble(handle->workspace, handle->workspace_bytes);
    multiply(p);
    return CUBLAS_STATUS_SUCCESS;
}

}  // namespace

cublasStatus_t cublasGetProperty(libraryPropertyType type, int* value) {
    constexpr int parts[] = {CUBLAS_VER_MAJOR, CUBLAS_VER_MINOR, CUBLAS_VER_PATCH};
    *value = parts[type];
    return CUBLAS_STATUS_SUCCESS;
}

const char* cublasGetStatusName(cublasStatus_t status) {
    return name_of(status);
}
const char* cublasGetStatusString(cublasStatus_t) {
    return "the stand-in was told to";
}

cublasStatus_t cublasCreate_v2(cublasHandle_t* handle) {
    if (const auto failed = enter("cublasCreate"); failed != CUBLAS_STATUS_SUCCESS) return failed;
    *handle = make<cublasHandle_t>(state().handles, Handle{});
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasDestroy_v2(cublasHandle_t handle) {
    enter("cublasDestroy");
    if (state().handles.erase(handle) == 0)
        return refuse(CUBLAS_STATUS_NOT_INITIALIZED, "cublasDestroy: unknown handle");
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetStream_v2(cublasHandle_t by, cudaStream_t stream) {
    if (const auto failed = enter("cublasSetStream", address_text(stream)); failed != CUBLAS_STATUS_SUCCESS)
        return failed;
    Handle* const handle = find(state().handles, by);
    if (handle == nullptr) return refuse(CUBLAS_STATUS_NOT_INITIALIZED, "cublasSetStream: unknown handle");
    handle->stream = stream;
    handle->own_workspace = false;
    handle->workspace_bytes = 0;
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetWorkspace_v2(cublasHandle_t by, void* workspace, size_t bytes) {
    if (const auto failed = enter("cublasSetWorkspace", std::to_string(bytes));
        failed != CUBLAS_STATUS_SUCCESS)
        return failed;
    Handle* const handle = find(state().handles, by);
    if (handle == nullptr) return refuse(CUBLAS_STATUS_NOT_INITIALIZED, "cublasSetWorkspace: unknown handle");
    if (reinterpret_cast<std::uintptr_t>(workspace) % 256 != 0)
        return refuse(CUBLAS_STATUS_INVALID_VALUE, "cublasSetWorkspace: not aligned to 256 bytes");
    handle->workspace = workspace;
    handle->workspace_bytes = bytes;
    handle->own_workspace = true;
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSetMathMode(cublasHandle_t by, cublasMath_t mode) {
    if (const auto failed = enter("cublasSetMathMode", std::to_string(mode)); failed != CUBLAS_STATUS_SUCCESS)
        return failed;
    Handle* const handle = find(state().handles, by);
    if (handle == nullptr) return refuse(CUBLAS_STATUS_NOT_INITIALIZED, "cublasSetMathMode: unknown handle");
    handle->math = mode;
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasSgemm_v2(cublasHandle_t by, cublasOperation_t op_a, cublasOperation_t op_b, int m, int n,
                              int k, const float* alpha, const float* a, int lda, const float* b, int ldb,
                              const float* beta, float* c, int ldc) {
    return run("cublasSgemm", by, {m, n, k, op_a, op_b, a, b, CUDA_R_32F, lda, ldb, ldc, c, false, 1, 0},
               CUBLAS_COMPUTE_32F, alpha, beta);
}

cublasStatus_t cublasGemmEx(cublasHandle_t by, cublasOperation_t op_a, cublasOperation_t op_b, int m, int n,
                            int k, const void* alpha, const void* a, cudaDataType a_type, int lda,
                            const void* b, cudaDataType b_type, int ldb, const void* beta, void* c,
                            cudaDataType c_type, int ldc, cublasComputeType_t compute, cublasGemmAlgo_t) {
    const bool tf32 = compute == CUBLAS_COMPUTE_32F_FAST_TF32;
    if (a_type != b_type || c_type != CUDA_R_32F || (a_type != CUDA_R_32F && a_type != CUDA_R_16BF) ||
        (compute != CUBLAS_COMPUTE_32F && !(tf32 && a_type == CUDA_R_32F)))
        return refuse(CUBLAS_STATUS_NOT_SUPPORTED, "cublasGemmEx: no such combination of types");
    return run("cublasGemmEx", by,
               {m, n, k, op_a, op_b, a, b, a_type, lda, ldb, ldc, static_cast<float*>(c), tf32, 1, 0},
               compute, alpha, beta);
}
