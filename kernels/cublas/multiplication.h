// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A product by one of cuBLAS's ways, chosen once.
#pragma once

#include "kernels/cublas/matmul.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cublas {

/// `best` is what cuBLASLt's heuristics put first, or the classic routines where they name nothing (Kepler);
/// the others are always what they say, for the tuner.
enum class Way : std::uint8_t { best, second, third, gemm };

class Multiplication {
   public:
    /// The epilogue (see Matmul) is done along with the product if there is a way to: see fuses(). Throws
    /// Refusal if the way is not to be had within `workspace_limit`.
    Multiplication(const Product&, cublasLtEpilogue_t, std::size_t workspace_limit, Way);

    /// Whether run() does the epilogue.
    bool fuses() const { return fuses_; }
    /// What a plan must have for it.
    std::size_t workspace_bytes() const;
    /// "cublasLt algorithm 21 with epilogue", "cublasSgemm"
    std::string name() const;

    /// `bias` is what the epilogue reads or writes; `workspace` is the plan's.
    void run(const void* a, const void* b, float* bias, float* d, void* workspace, void* stream) const;

   private:
    Product product_;
    std::optional<Matmul> matmul_;  // none: the classic routines
    bool fuses_ = false;
    std::size_t gemm_workspace_ = 0;
};

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cublas
