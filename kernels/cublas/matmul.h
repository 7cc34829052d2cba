// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A product by cuBLASLt: its heuristics name algorithms, and an epilogue is done along with it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "kernels/cublas/product.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cublas {

struct GiveBack {
    void operator()(cublasLtMatmulDesc_t it) const { api().LtMatmulDescDestroy(it); }
    void operator()(cublasLtMatrixLayout_t it) const { api().LtMatrixLayoutDestroy(it); }
    void operator()(cublasLtMatmulPreference_t it) const { api().LtMatmulPreferenceDestroy(it); }
};
/// One of cuBLASLt's descriptors, given back at its end.
template <class Pointer>
using Owned = std::unique_ptr<std::remove_pointer_t<Pointer>, GiveBack>;

class Matmul {
   public:
    /// By the algorithm at place `rank` (from 0) among those that the heuristics name and that keep to
    /// `workspace_limit`; none if there are fewer. Deterministic algorithms alone. The epilogue is
    /// CUBLASLT_EPILOGUE_DEFAULT, _BIAS (a number for each row of D) or _BGRADB (sums of op(B)'s columns).
    static std::optional<Matmul> find(const Product&, cublasLtEpilogue_t, std::size_t workspace_limit,
                                      int rank);

    std::size_t workspace_bytes() const { return chosen_.workspaceSize; }
    /// "algorithm 21"
    std::string name() const;

    /// `bias` is what the epilogue reads or writes. `workspace` is at a multiple of workspace_alignment.
    void run(const void* a, const void* b, float* bias, float* d, void* workspace, void* stream) const;

   private:
    using Algorithm = cublasLtMatmulHeuristicResult_t;

    Matmul(const Product&, cublasLtEpilogue_t);
    std::vector<Algorithm> algorithms(std::size_t workspace_limit) const;
    void set(cublasLtMatmulDescAttributes_t, const void* value, std::size_t bytes) const;
    void set_bias(const void*) const;

    cublasLtEpilogue_t epilogue_;
    Owned<cublasLtMatmulDesc_t> operation_;
    Owned<cublasLtMatrixLayout_t> a_, b_, d_;
    Algorithm chosen_{};
};

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cublas
