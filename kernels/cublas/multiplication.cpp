// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/cublas/multiplication.h"

#include "kernels/cublas/gemm.h"
#include "kernels/cuda/current_card.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cublas {

Multiplication::Multiplication(const Product& product, cublasLtEpilogue_t epilogue, std::size_t limit,
                               Way way)
    : product_(product) {
    if (product.precision != Precision::fp32 && !multiplies_in_less())
        throw Refusal(std::string("this card does not multiply in ") + kernels::name(product.precision));
    const std::size_t allowed = workspace_within(limit);
    if (way != Way::gemm) {
        const int rank = static_cast<int>(way);
        if (epilogue != CUBLASLT_EPILOGUE_DEFAULT) matmul_ = Matmul::find(product, epilogue, allowed, rank);
        fuses_ = matmul_.has_value();
        if (!fuses_) matmul_ = Matmul::find(product, CUBLASLT_EPILOGUE_DEFAULT, allowed, rank);
        if (matmul_) return;
        if (way != Way::best)
            throw Refusal("cuBLASLt names fewer than " + std::to_string(rank + 1) + " algorithms");
    }
    if (allowed < least_gemm_workspace)
        throw Refusal("cuBLAS needs a workspace of " +
                      std::to_string(workspace_around(least_gemm_workspace)) + " bytes, and may have " +
                      std::to_string(limit));
    gemm_workspace_ = allowed;
    handle();  // takes memory when it is made, which run() does not
}

std::size_t Multiplication::workspace_bytes() const {
    return workspace_around(matmul_ ? matmul_->workspace_bytes() : gemm_workspace_);
}

std::string Multiplication::name() const {
    if (matmul_) return "cublasLt " + matmul_->name() + (fuses_ ? " with epilogue" : "");
    return product_.precision == Precision::fp32 ? "cublasSgemm" : "cublasGemmEx";
}

void Multiplication::run(const void* a, const void* b, float* bias, float* d, void* workspace,
                         void* stream) const {
    void* const ours = aligned(workspace);
    if (matmul_)
        matmul_->run(a, b, bias, d, ours, stream);
    else
        gemm(product_, a, b, d, ours, gemm_workspace_, stream);
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cublas
