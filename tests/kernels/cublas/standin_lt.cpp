// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// cuBLASLt, as far as kernels/cublas calls it.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>

#include "tests/kernels/cublas/standin_state.h"

using namespace standin;

namespace {

/// What one matmul is, all descriptors resolved.
struct Matmul {
    const Operation* operation;
    const Matrix *a, *b, *c, *d;

    std::string text() const {
        return "compute=" + standin::text(operation->compute) + " scale=" + standin::text(operation->scale) +
               " op=" + standin::text(operation->op_a) + standin::text(operation->op_b) +
               " A=" + standin::text(*a) + " B=" + standin::text(*b) + " D=" + standin::text(*d) +
               " epilogue=" + epilogue_text(operation->epilogue);
    }
};

Matmul resolve(cublasLtMatmulDesc_t operation, cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
               cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d) {
    State& s = state();
    return {find(s.operations, operation), find(s.matrices, a), find(s.matrices, b), find(s.matrices, c),
            find(s.matrices, d)};
}

/// Rows and columns of op(M).
std::pair<std::uint64_t, std::uint64_t> shape(const Matrix& m, cublasOperation_t op) {
    return op == CUBLAS_OP_N ? std::pair{m.rows, m.columns} : std::pair{m.columns, m.rows};
}

cublasStatus_t examine(const Matmul& m, const std::string& function) {
    if (m.operation == nullptr || m.a == nullptr || m.b == nullptr || m.c == nullptr || m.d == nullptr)
        return refuse(CUBLAS_STATUS_INVALID_VALUE, function + ": a descriptor that is not");
    const auto [rows, depth] = shape(*m.a, m.operation->op_a);
    const auto [depth_b, columns] = shape(*m.b, m.operation->op_b);
    for (const Matrix* each : {m.a, m.b, m.c, m.d})
        if (each->rows == 0 || each->columns == 0 || each->ld < static_cast<std::int64_t>(each->rows))
            return refuse(CUBLAS_STATUS_INVALID_VALUE, function + ": wrong extents of " + text(*each));
    if (depth != depth_b || m.d->rows != rows || m.d->columns != columns || m.c->rows != rows ||
        m.c->columns != columns)
        return refuse(CUBLAS_STATUS_INVALID_VALUE, function + ": shapes do not meet: " + m.text());
    const bool tf32 = m.operation->compute == CUBLAS_COMPUTE_32F_FAST_TF32;
    const bool known_types = m.a->type == m.b->type && m.c->type == CUDA_R_32F && m.d->type == CUDA_R_32F &&
                             (m.a->type == CUDA_R_32F || (m.a->type == CUDA_R_16BF && !tf32)) &&
                             (tf32 || m.operation->compute == CUBLAS_COMPUTE_32F) &&
                             m.operation->scale == CUDA_R_32F;
    if (!known_types)
        return refuse(CUBLAS_STATUS_NOT_SUPPORTED, function + ": no such combination of types: " + m.text());
    const auto epilogue = m.operation->epilogue;
    constexpr std::uint32_t known[] = {CUBLASLT_EPILOGUE_DEFAULT, CUBLASLT_EPILOGUE_BIAS,
                                       CUBLASLT_EPILOGUE_RELU, CUBLASLT_EPILOGUE_RELU_BIAS,
                                       CUBLASLT_EPILOGUE_BGRADB};
    if (std::count(std::begin(known), std::end(known), epilogue) == 0)
        return refuse(CUBLAS_STATUS_NOT_SUPPORTED,
                      function + ": an epilogue that the stand-in does not know");
    const bool has_vector = epilogue != CUBLASLT_EPILOGUE_DEFAULT && epilogue != CUBLASLT_EPILOGUE_RELU;
    if (has_vector && m.operation->bias == nullptr)
        return refuse(CUBLAS_STATUS_INVALID_VALUE, function + ": an epilogue without its pointer");
    return CUBLAS_STATUS_SUCCESS;
}

/// An algorithm is good for the matmul that it was named for: it bears its mark.
std::uint64_t mark(const Matmul& m) {
    return std::hash<std::string>{}(m.text());
}

template <class Value>
cublasStatus_t take(Value& to, const void* from, std::size_t bytes, const std::string& what) {
    if (from == nullptr || bytes != sizeof to)
        return refuse(CUBLAS_STATUS_INVALID_VALUE, what + " of " + std::to_string(bytes) + " bytes");
    std::memcpy(&to, from, sizeof to);
    return CUBLAS_STATUS_SUCCESS;
}

bool aligned(const void* pointer, std::size_t alignment) {
    return reinterpret_cast<std::uintptr_t>(pointer) % alignment == 0;
}

void compute(const Matmul& m, const void* a, const void* b, float* d, float alpha, float beta) {
    const Operation& o = *m.operation;
    const auto depth = shape(*m.a, o.op_a).second;
    const Product p{static_cast<std::int64_t>(m.d->rows),
                    static_cast<std::int64_t>(m.d->columns),
                    static_cast<std::int64_t>(depth),
                    o.op_a,
                    o.op_b,
                    a,
                    b,
                    m.a->type,
                    m.a->ld,
                    m.b->ld,
                    m.d->ld,
                    d,
                    o.compute == CUBLAS_COMPUTE_32F_FAST_TF32,
                    alpha,
                    beta};
    multiply(p);
    auto* const bias = static_cast<float*>(const_cast<void*>(o.bias));
    if (o.epilogue == CUBLASLT_EPILOGUE_BGRADB) sum_columns(p, bias);
    const bool relu = (o.epilogue & CUBLASLT_EPILOGUE_RELU) != 0;
    if ((o.epilogue & (CUBLASLT_EPILOGUE_BIAS | CUBLASLT_EPILOGUE_RELU)) == 0) return;
    for (std::int64_t j = 0; j < p.columns; ++j)
        for (std::int64_t i = 0; i < p.rows; ++i) {
            float& x = d[i + j * p.ldd];
            if ((o.epilogue & CUBLASLT_EPILOGUE_BIAS) != 0) x += bias[i];
            // max(x, 0) is documented, and no more. The max of CUDA takes a NaN for what is not there.
            if (relu) x = std::fmax(x, 0.0F);
        }
}

template <class Objects, class Pointer>
cublasStatus_t destroy(Objects& objects, Pointer object, const std::string& function) {
    enter(function);
    if (objects.erase(object) == 0)
        return refuse(CUBLAS_STATUS_INVALID_VALUE, function + ": destroyed before");
    return CUBLAS_STATUS_SUCCESS;
}

}  // namespace

cublasStatus_t cublasLtCreate(cublasLtHandle_t* handle) {
    if (const auto failed = enter("cublasLtCreate"); failed != CUBLAS_STATUS_SUCCESS) return failed;
    const std::uintptr_t address = state().last_address += 0x10;
    *handle = reinterpret_cast<cublasLtHandle_t>(address);
    state().lt_handles.insert(*handle);
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle) {
    return destroy(state().lt_handles, handle, "cublasLtDestroy");
}

cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t* made, cublasComputeType_t compute,
                                        cudaDataType_t scale) {
    if (const auto failed = enter("cublasLtMatmulDescCreate"); failed != CUBLAS_STATUS_SUCCESS) return failed;
    Operation operation;
    operation.compute = compute;
    operation.scale = scale;
    *made = make<cublasLtMatmulDesc_t>(state().operations, operation);
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t it) {
    return destroy(state().operations, it, "cublasLtMatmulDescDestroy");
}
cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t it, cublasLtMatmulDescAttributes_t what,
                                              const void* value, size_t bytes) {
    const char* const function = "cublasLtMatmulDescSetAttribute";
    if (const auto failed = enter(function, std::to_string(what)); failed != CUBLAS_STATUS_SUCCESS)
        return failed;
    Operation* const operation = find(state().operations, it);
    if (operation == nullptr)
        return refuse(CUBLAS_STATUS_INVALID_VALUE, std::string(function) + ": a descriptor that is not");
    switch (what) {
        case CUBLASLT_MATMUL_DESC_TRANSA:
            return take(operation->op_a, value, bytes, "TRANSA");
        case CUBLASLT_MATMUL_DESC_TRANSB:
            return take(operation->op_b, value, bytes, "TRANSB");
        case CUBLASLT_MATMUL_DESC_EPILOGUE:
            return take(operation->epilogue, value, bytes, "EPILOGUE");
        case CUBLASLT_MATMUL_DESC_BIAS_POINTER:
            return take(operation->bias, value, bytes, "BIAS_POINTER");
        default:
            return refuse(CUBLAS_STATUS_INVALID_VALUE, "an attribute that the stand-in does not know");
    }
}

cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t* made, cudaDataType type, uint64_t rows,
                                          uint64_t columns, int64_t ld) {
    const Matrix matrix{type, rows, columns, ld};
    if (const auto failed = enter("cublasLtMatrixLayoutCreate", text(matrix));
        failed != CUBLAS_STATUS_SUCCESS)
        return failed;
    *made = make<cublasLtMatrixLayout_t>(state().matrices, matrix);
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t it) {
    return destroy(state().matrices, it, "cublasLtMatrixLayoutDestroy");
}

cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t* made) {
    if (const auto failed = enter("cublasLtMatmulPreferenceCreate"); failed != CUBLAS_STATUS_SUCCESS)
        return failed;
    *made = make<cublasLtMatmulPreference_t>(state().preferences, Preference{});
    return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t it) {
    return destroy(state().preferences, it, "cublasLtMatmulPreferenceDestroy");
}
cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t it,
                                                    cublasLtMatmulPreferenceAttributes_t what,
                                                    const void* value, size_t bytes) {
    const char* const function = "cublasLtMatmulPreferenceSetAttribute";
    if (const auto failed = enter(function, std::to_string(what)); failed != CUBLAS_STATUS_SUCCESS)
        return failed;
    Preference* const preference = find(state().preferences, it);
    if (preference == nullptr)
        return refuse(CUBLAS_STATUS_INVALID_VALUE, std::string(function) + ": a descriptor that is not");
    switch (what) {
        case CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES:
            return take(preference->workspace, value, bytes, "MAX_WORKSPACE_BYTES");
        case CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK:
            return take(preference->schemes, value, bytes, "REDUCTION_SCHEME_MASK");
        case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES:
            return take(preference->alignment[0], value, bytes, "MIN_ALIGNMENT_A_BYTES");
        case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES:
            return take(preference->alignment[1], value, bytes, "MIN_ALIGNMENT_B_BYTES");
        case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES:
            return take(preference->alignment[2], value, bytes, "MIN_ALIGNMENT_C_BYTES");
        case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES:
            return take(preference->alignment[3], value, bytes, "MIN_ALIGNMENT_D_BYTES");
        default:
            return refuse(CUBLAS_STATUS_INVALID_VALUE, "a preference that the stand-in does not know");
    }
}

cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t by, cublasLtMatmulDesc_t operation,
                                              cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                                              cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
                                              cublasLtMatmulPreference_t preference, int wanted,
                                              cublasLtMatmulHeuristicResult_t results[], int* count) {
    const std::string function = "cublasLtMatmulAlgoGetHeuristic";
    const Matmul m = resolve(operation, a, b, c, d);
    const Preference* const p = find(state().preferences, preference);
    if (p == nullptr || m.operation == nullptr)
        return refuse(CUBLAS_STATUS_INVALID_VALUE, function + ": a descriptor that is not");
    std::ostringstream told;
    told << m.text() << " workspace=" << p->workspace << " schemes=" << p->schemes << " alignments=";
    for (const std::uint32_t each : p->alignment) told << each << ",";
    told << " bias=" << address_text(m.operation->bias);
    if (const auto failed = enter(function, told.str()); failed != CUBLAS_STATUS_SUCCESS) return failed;
    if (state().lt_handles.count(by) == 0)
        return refuse(CUBLAS_STATUS_NOT_INITIALIZED, function + ": unknown handle");
    if (wanted <= 0) return refuse(CUBLAS_STATUS_INVALID_VALUE, function + ": none wanted");
    if (const auto wrong = examine(m, function); wrong != CUBLAS_STATUS_SUCCESS) return wrong;
    *count = 0;
    for (const StandInAlgorithm& each : state().offers) {
        const bool aligned_enough = each.alignment <= *std::min_element(p->alignment, p->alignment + 4);
        const bool scheme = each.scheme == CUBLASLT_REDUCTION_SCHEME_NONE || (each.scheme & p->schemes) != 0;
        const bool epilogue = each.epilogues != 0 || m.operation->epilogue == CUBLASLT_EPILOGUE_DEFAULT;
        if (*count == wanted || each.workspace > p->workspace || !aligned_enough || !scheme || !epilogue)
            continue;
        cublasLtMatmulHeuristicResult_t& result = results[(*count)++];
        result = {};
        result.state = static_cast<cublasStatus_t>(each.state);
        if (each.state != CUBLAS_STATUS_SUCCESS) continue;
        result.algo.data[0] = static_cast<std::uint64_t>(each.id);
        result.algo.data[1] = mark(m);
        result.algo.data[2] = each.workspace;
        result.algo.data[3] = each.alignment;
        result.workspaceSize = each.workspace;
    }
    return *count == 0 ? CUBLAS_STATUS_NOT_SUPPORTED : CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulAlgoConfigGetAttribute(const cublasLtMatmulAlgo_t* algorithm,
                                                    cublasLtMatmulAlgoConfigAttributes_t what, void* value,
                                                    size_t bytes, size_t* written) {
    const char* const function = "cublasLtMatmulAlgoConfigGetAttribute";
    if (const auto failed = enter(function, std::to_string(what)); failed != CUBLAS_STATUS_SUCCESS)
        return failed;
    const auto id = static_cast<std::int32_t>(algorithm->data[0]);
    if (what != CUBLASLT_ALGO_CONFIG_ID || bytes != sizeof id)
        return refuse(CUBLAS_STATUS_INVALID_VALUE, std::string(function) + ": unknown attribute");
    std::memcpy(value, &id, sizeof id);
    *written = sizeof id;
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmul(cublasLtHandle_t by, cublasLtMatmulDesc_t operation, const void* alpha,
                              const void* a, cublasLtMatrixLayout_t a_layout, const void* b,
                              cublasLtMatrixLayout_t b_layout, const void* beta, const void* c,
                              cublasLtMatrixLayout_t c_layout, void* d, cublasLtMatrixLayout_t d_layout,
                              const cublasLtMatmulAlgo_t* algorithm, void* workspace, size_t workspace_bytes,
                              cudaStream_t stream) {
    const std::string function = "cublasLtMatmul";
    const Matmul m = resolve(operation, a_layout, b_layout, c_layout, d_layout);
    if (m.operation == nullptr || algorithm == nullptr)
        return refuse(CUBLAS_STATUS_INVALID_VALUE, function + ": a descriptor that is not");
    std::ostringstream told;
    told << m.text() << " bias=" << address_text(m.operation->bias) << " algorithm=" << algorithm->data[0]
         << " workspace=" << workspace_bytes << " stream=" << address_text(stream);
    if (const auto failed = enter(function, told.str()); failed != CUBLAS_STATUS_SUCCESS) return failed;
    if (state().lt_handles.count(by) == 0)
        return refuse(CUBLAS_STATUS_NOT_INITIALIZED, function + ": unknown handle");
    if (const auto wrong = examine(m, function); wrong != CUBLAS_STATUS_SUCCESS) return wrong;
    if (algorithm->data[1] != mark(m))
        return refuse(CUBLAS_STATUS_INVALID_VALUE, function + ": an algorithm for something else");
    if (workspace_bytes < algorithm->data[2] || (workspace_bytes != 0 && !aligned(workspace, 256)))
        return refuse(CUBLAS_STATUS_INVALID_VALUE, function + ": too small or unaligned a workspace");
    for (const void* each : {a, b, c, static_cast<const void*>(d)})
        if (each == nullptr || !aligned(each, algorithm->data[3]))
            return refuse(CUBLAS_STATUS_INVALID_VALUE, function + ": an operand is not aligned");
    if (c != d) return refuse(CUBLAS_STATUS_NOT_SUPPORTED, function + ": out of place is not known here");
    scribble(workspace, workspace_bytes);
    compute(m, a, b, static_cast<float*>(d), *static_cast<const float*>(alpha),
            *static_cast<const float*>(beta));
    return CUBLAS_STATUS_SUCCESS;
}
