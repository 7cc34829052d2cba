// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/cublas/standin_state.h"

namespace standin {
namespace {

// One that needs no workspace, one that cuts sums into parts, one that knows no epilogue, and two that must
// not come up.
constexpr StandInAlgorithm usual[] = {
    {9, 0, CUBLASLT_REDUCTION_SCHEME_NONE, 128, 1, CUBLAS_STATUS_SUCCESS},
    {8, 0, CUBLASLT_REDUCTION_SCHEME_INPLACE, 16, 1, CUBLAS_STATUS_SUCCESS},
    {7, 0, CUBLASLT_REDUCTION_SCHEME_NONE, 16, 1, CUBLAS_STATUS_NOT_SUPPORTED},
    {1, 0, CUBLASLT_REDUCTION_SCHEME_NONE, 16, 1, CUBLAS_STATUS_SUCCESS},
    {2, 5000, CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE, 64, 1, CUBLAS_STATUS_SUCCESS},
    {3, 70000, CUBLASLT_REDUCTION_SCHEME_NONE, 16, 0, CUBLAS_STATUS_SUCCESS},
};

}  // namespace

State& state() {
    static State& only = *[] {
        auto* const made = new State;
        made->offers.assign(std::begin(usual), std::end(usual));
        return made;
    }();
    return only;
}

cublasStatus_t enter(const std::string& function, const std::string& arguments) {
    state().log << function << (arguments.empty() ? "" : " ") << arguments << '\n';
    const auto found = state().failures.find(function);
    if (found == state().failures.end() || found->second.calls_before-- > 0) return CUBLAS_STATUS_SUCCESS;
    const cublasStatus_t status = found->second.status;
    state().failures.erase(found);
    return status;
}

cublasStatus_t refuse(cublasStatus_t status, const std::string& why) {
    state().misuse << why << '\n';
    return status;
}

std::string text(cudaDataType type) {
    if (type == CUDA_R_32F) return "f32";
    if (type == CUDA_R_16BF) return "bf16";
    return "type" + std::to_string(type);
}
std::string text(const Matrix& m) {
    return text(m.type) + ":" + std::to_string(m.rows) + "x" + std::to_string(m.columns) + ":" +
           std::to_string(m.ld);
}
std::string text(cublasComputeType_t compute) {
    if (compute == CUBLAS_COMPUTE_32F) return "32F";
    if (compute == CUBLAS_COMPUTE_32F_FAST_TF32) return "32F_FAST_TF32";
    return "compute" + std::to_string(compute);
}
std::string text(cublasOperation_t op) {
    return op == CUBLAS_OP_N ? "N" : op == CUBLAS_OP_T ? "T" : "op" + std::to_string(op);
}
std::string epilogue_text(std::uint32_t epilogue) {
    switch (epilogue) {
        case CUBLASLT_EPILOGUE_DEFAULT:
            return "none";
        case CUBLASLT_EPILOGUE_BIAS:
            return "BIAS";
        case CUBLASLT_EPILOGUE_BGRADB:
            return "BGRADB";
        default:
            return "epilogue" + std::to_string(epilogue);
    }
}
std::string address_text(const void* address) {
    std::ostringstream out;
    out << address;
    return out.str();
}

}  // namespace standin

using standin::state;

void standin_reset() {
    state().log.str("");
    state().misuse.str("");
    state().failures.clear();
    standin_offer(std::data(standin::usual), static_cast<int>(std::size(standin::usual)));
}

void standin_offer(const StandInAlgorithm* list, int count) {
    state().offers.assign(list, list + count);
}

void standin_fail(const char* function, int calls_before, int status) {
    state().failures[function] = {calls_before, static_cast<cublasStatus_t>(status)};
}

const char* standin_log() {
    static std::string text;
    text = state().log.str();
    return text.c_str();
}

const char* standin_misuse() {
    static std::string text;
    text = state().misuse.str();
    return text.c_str();
}

int standin_descriptors() {
    return static_cast<int>(state().operations.size() + state().matrices.size() + state().preferences.size());
}

int standin_handles() {
    return static_cast<int>(state().handles.size() + state().lt_handles.size());
}
