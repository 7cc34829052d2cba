// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/cublas/api.h"

#include <memory>
#include <optional>

namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cublas {
namespace {

std::string version_of(const Api& api) {
    std::string text;
    for (const auto part : {MAJOR_VERSION, MINOR_VERSION, PATCH_LEVEL}) {
        int number = 0;
        if (api.GetProperty(part, &number) != CUBLAS_STATUS_SUCCESS)
            throw NoLibrary("cublas: " + api.path + " does not tell its version");
        text += (text.empty() ? "" : ".") + std::to_string(number);
    }
    return text;
}

/// Enums and signatures hold for one major version.
void check_version(const Api& api) {
    constexpr int needed = CUBLAS_VER_MAJOR;
    int major = 0;
    api.GetProperty(MAJOR_VERSION, &major);
    if (major == needed) return;
    throw NoLibrary("cublas: " + api.path + " is cuBLAS " + api.version +
                    ", but this program was built for cuBLAS " + std::to_string(needed) +
                    "; --cublas PATH tells where one lies");
}

Api open() {
    const Library library("cublas", {"libcublas.so." + std::to_string(CUBLAS_VER_MAJOR)});
    Api api{};
    api.path = library.path();
    library.find(api.GetProperty, "cublasGetProperty");
    api.version = version_of(api);
    check_version(api);
    library.find(api.GetStatusName, "cublasGetStatusName");
    library.find(api.GetStatusString, "cublasGetStatusString");
    library.find(api.Create, "cublasCreate_v2");
    library.find(api.Destroy, "cublasDestroy_v2");
    library.find(api.SetStream, "cublasSetStream_v2");
    library.find(api.SetWorkspace, "cublasSetWorkspace_v2");
    library.find(api.SetMathMode, "cublasSetMathMode");
    library.find(api.Sgemm, "cublasSgemm_v2");
    library.find(api.GemmEx, "cublasGemmEx");
    library.find(api.LtCreate, "cublasLtCreate");
    library.find(api.LtDestroy, "cublasLtDestroy");
    library.find(api.LtMatmulDescCreate, "cublasLtMatmulDescCreate");
    library.find(api.LtMatmulDescDestroy, "cublasLtMatmulDescDestroy");
    library.find(api.LtMatmulDescSetAttribute, "cublasLtMatmulDescSetAttribute");
    library.find(api.LtMatrixLayoutCreate, "cublasLtMatrixLayoutCreate");
    library.find(api.LtMatrixLayoutDestroy, "cublasLtMatrixLayoutDestroy");
    library.find(api.LtMatmulPreferenceCreate, "cublasLtMatmulPreferenceCreate");
    library.find(api.LtMatmulPreferenceDestroy, "cublasLtMatmulPreferenceDestroy");
    library.find(api.LtMatmulPreferenceSetAttribute, "cublasLtMatmulPreferenceSetAttribute");
    library.find(api.LtMatmulAlgoGetHeuristic, "cublasLtMatmulAlgoGetHeuristic");
    library.find(api.LtMatmulAlgoConfigGetAttribute, "cublasLtMatmulAlgoConfigGetAttribute");
    library.find(api.LtMatmul, "cublasLtMatmul");
    return api;
}

struct Opened {
    std::optional<Api> api;
    std::string why_not;
};

/// Kept for good: threads that end after main() give their handles back through it.
const Opened& opened() {
    static const Opened& once = *[] {
        auto result = std::make_unique<Opened>();
        try {
            result->api = open();
        } catch (const NoLibrary& error) {
            result->why_not = error.what();
        }
        return result.release();
    }();
    return once;
}

/// What to do about an error that people meet.
const char* hint(cublasStatus_t status) {
    switch (status) {
        case CUBLAS_STATUS_NOT_INITIALIZED:
            return "; CUDA did not start for this library: nvidia-smi tells whether the driver is new enough "
                   "for it and the card has memory left";
        case CUBLAS_STATUS_ALLOC_FAILED:
            return "; memory is full, most likely the card's: a smaller batch may fit";
        case CUBLAS_STATUS_ARCH_MISMATCH:
            return "; this cuBLAS has no code for this card: --cublas PATH takes that of another CUDA, and "
                   "\"cuda\" names the implementation that needs none";
        case CUBLAS_STATUS_NOT_SUPPORTED:
            return "; this card or this cuBLAS cannot do that: \"cuda\" names the implementation that can";
        case CUBLAS_STATUS_EXECUTION_FAILED:
            return "; work on the card failed, this or what was asked for earlier: run the same command with "
                   "--device emulated, or under compute-sanitizer, to find the place";
        default:
            return "";
    }
}

}  // namespace

const Api& api() {
    if (!opened().api) throw NoLibrary(opened().why_not);
    return *opened().api;
}

bool is_here(std::string* why_not) {
    if (why_not != nullptr) *why_not = opened().why_not;
    return opened().api.has_value();
}

void check(cublasStatus_t status, const char* call) {
    if (status == CUBLAS_STATUS_SUCCESS) return;
    const std::string message = std::string(call) + ": " + api().GetStatusName(status) + ": " +
                                api().GetStatusString(status) + hint(status);
    if (status == CUBLAS_STATUS_NOT_SUPPORTED || status == CUBLAS_STATUS_ARCH_MISMATCH)
        throw Refusal(message);
    throw KernelError(message);
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cublas
