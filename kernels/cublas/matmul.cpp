// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/cublas/matmul.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cublas {
namespace {

Owned<cublasLtMatrixLayout_t> matrix(cudaDataType type, int rows, int columns) {
    cublasLtMatrixLayout_t made = nullptr;
    check(api().LtMatrixLayoutCreate(&made, type, static_cast<std::uint64_t>(rows),
                                     static_cast<std::uint64_t>(columns), rows),
          "cublasLtMatrixLayoutCreate");
    return Owned<cublasLtMatrixLayout_t>(made);
}

template <class Value>
void prefer(const Owned<cublasLtMatmulPreference_t>& preference, cublasLtMatmulPreferenceAttributes_t what,
            Value value) {
    check(api().LtMatmulPreferenceSetAttribute(preference.get(), what, &value, sizeof value),
          "cublasLtMatmulPreferenceSetAttribute");
}

/// What an algorithm may take for granted, and must keep to.
Owned<cublasLtMatmulPreference_t> demands(std::size_t workspace_limit) {
    cublasLtMatmulPreference_t made = nullptr;
    check(api().LtMatmulPreferenceCreate(&made), "cublasLtMatmulPreferenceCreate");
    Owned<cublasLtMatmulPreference_t> preference(made);
    prefer(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, std::uint64_t{workspace_limit});
    // A sum may be taken in one go, or in parts that are kept in f32 and added in a step of their own. Not in
    // place, part after part as they come to be ready.
    prefer(preference, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
           std::uint32_t{CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE});
    for (const auto operand :
         {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
          CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES})
        prefer(preference, operand, std::uint32_t{plan_alignment});
    return preference;
}

}  // namespace

Matmul::Matmul(const Product& p, cublasLtEpilogue_t epilogue) : epilogue_(epilogue) {
    cublasLtMatmulDesc_t made = nullptr;
    check(api().LtMatmulDescCreate(&made, p.compute_type(), CUDA_R_32F), "cublasLtMatmulDescCreate");
    operation_.reset(made);
    const cublasOperation_t op_a = p.op_a(), op_b = p.op_b();
    set(CUBLASLT_MATMUL_DESC_TRANSA, &op_a, sizeof op_a);
    set(CUBLASLT_MATMUL_DESC_TRANSB, &op_b, sizeof op_b);
    set(CUBLASLT_MATMUL_DESC_EPILOGUE, &epilogue, sizeof epilogue);
    // Heuristics look at the address for its alignment, and at nothing there.
    // NOLINTNEXTLINE(performance-no-int-to-ptr): no object is meant
    if (epilogue != CUBLASLT_EPILOGUE_DEFAULT) set_bias(reinterpret_cast<const void*>(plan_alignment));
    a_ = matrix(p.input_type(), p.lda(), p.transpose_a ? p.rows : p.depth);
    b_ = matrix(p.input_type(), p.ldb(), p.transpose_b ? p.depth : p.columns);
    d_ = matrix(CUDA_R_32F, p.ldd(), p.columns);
}

void Matmul::set(cublasLtMatmulDescAttributes_t what, const void* value, std::size_t bytes) const {
    check(api().LtMatmulDescSetAttribute(operation_.get(), what, value, bytes),
          "cublasLtMatmulDescSetAttribute");
}

void Matmul::set_bias(const void* bias) const {
    set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, &bias, sizeof bias);
}

std::optional<Matmul> Matmul::find(const Product& product, cublasLtEpilogue_t epilogue,
                                   std::size_t workspace_limit, int rank) {
    Matmul matmul(product, epilogue);
    int place = 0;
    for (const Algorithm& each : matmul.algorithms(workspace_limit)) {
        if (each.state != CUBLAS_STATUS_SUCCESS || each.workspaceSize > workspace_limit) continue;
        if (place++ != rank) continue;
        matmul.chosen_ = each;
        return matmul;
    }
    return std::nullopt;
}

/// Some of them may have been found not to fit, and say so.
std::vector<Matmul::Algorithm> Matmul::algorithms(std::size_t workspace_limit) const {
    std::vector<Algorithm> named(8);
    int count = 0;
    try {
        const auto preference = demands(workspace_limit);
        check(api().LtMatmulAlgoGetHeuristic(lt_handle(), operation_.get(), a_.get(), b_.get(), d_.get(),
                                             d_.get(), preference.get(), static_cast<int>(named.size()),
                                             named.data(), &count),
              "cublasLtMatmulAlgoGetHeuristic");
    } catch (const Refusal&) {
        count = 0;
    }
    named.resize(static_cast<std::size_t>(count));
    return named;
}

std::string Matmul::name() const {
    std::int32_t id = -1;
    std::size_t written = 0;
    check(api().LtMatmulAlgoConfigGetAttribute(&chosen_.algo, CUBLASLT_ALGO_CONFIG_ID, &id, sizeof id,
                                               &written),
          "cublasLtMatmulAlgoConfigGetAttribute");
    return "algorithm " + std::to_string(id);
}

void Matmul::run(const void* a, const void* b, float* bias, float* d, void* workspace, void* stream) const {
    if (epilogue_ != CUBLASLT_EPILOGUE_DEFAULT) set_bias(bias);
    constexpr float one = 1, zero = 0;
    check(api().LtMatmul(lt_handle(), operation_.get(), &one, a, a_.get(), b, b_.get(), &zero, d, d_.get(), d,
                         d_.get(), &chosen_.algo, workspace, chosen_.workspaceSize,
                         static_cast<cudaStream_t>(stream)),
          "cublasLtMatmul");
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cublas
