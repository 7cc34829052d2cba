// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A matrix product as cuBLAS states it, and the workspace that it lends to it.
//
// cuBLAS takes matrices as column-major, with a leading dimension: the step from a column to the next. A
// row-major matrix of r x c is to it a column-major one of c x r whose leading dimension is c.
#pragma once

#include <algorithm>

#include "kernels/cublas/api.h"
#include "kernels/kernels.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cublas {

/// D = op(A) * op(B), where D is rows x columns, op(A) rows x depth and op(B) depth x columns. All lie
/// without gaps. D is f32; A and B are bf16 in that precision, else f32.
struct Product {
    int rows, columns, depth;
    bool transpose_a, transpose_b;
    Precision precision;

    cublasOperation_t op_a() const { return transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N; }
    cublasOperation_t op_b() const { return transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N; }
    int lda() const { return transpose_a ? depth : rows; }
    int ldb() const { return transpose_b ? columns : depth; }
    int ldd() const { return rows; }

    cudaDataType input_type() const { return precision == Precision::bf16 ? CUDA_R_16BF : CUDA_R_32F; }
    /// Sums are of f32. TF32 may be used where it is asked for by name, and nowhere else: plain
    /// CUBLAS_COMPUTE_32F keeps at least the precision of its operands.
    cublasComputeType_t compute_type() const {
        return precision == Precision::tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
    }
};

/// cuBLAS wants workspaces at a multiple of 256 bytes; a plan's is at a multiple of 64.
inline constexpr std::size_t workspace_alignment = 256, plan_alignment = 64;
inline constexpr std::size_t workspace_slack = workspace_alignment - plan_alignment;

/// What NVIDIA recommends for the largest cards that a version knows: more is not used.
inline constexpr std::size_t enough_workspace = std::size_t{CUBLAS_VER_MAJOR >= 12 ? 32 : 4} << 20;

/// What cuBLAS may have where a plan may have `limit`.
inline std::size_t workspace_within(std::size_t limit) {
    return limit <= workspace_slack ? 0 : std::min(limit - workspace_slack, enough_workspace);
}
/// What a plan must have for cuBLAS to have `bytes`.
inline std::size_t workspace_around(std::size_t bytes) {
    return bytes == 0 ? 0 : bytes + workspace_slack;
}
/// Where in a plan's workspace cuBLAS's begins.
inline void* aligned(void* workspace) {
    const auto address = reinterpret_cast<std::uintptr_t>(workspace);
    return static_cast<char*>(workspace) +
           (workspace_alignment - address % workspace_alignment) % workspace_alignment;
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cublas
