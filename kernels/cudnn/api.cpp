// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/cudnn/api.h"

#include <array>
#include <map>
#include <memory>
#include <optional>

#include "kernels/cuda/current_card.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cudnn {
namespace {

/// Since 9: major * 10000 + minor * 100 + patch; before: major * 1000 + minor * 100 + patch.
std::string version_text(std::size_t version) {
    const std::size_t unit = version >= 90000 ? 10000 : 1000;
    return std::to_string(version / unit) + "." + std::to_string(version % unit / 100) + "." +
           std::to_string(version % 100);
}

/// What is known of the library after the one attempt to open it.
struct Attempt {
    std::optional<Api> api;
    std::string why_not;

    Attempt() {
        try {
            api = open();
        } catch (const NoLibrary& error) {
            why_not = error.what();
        }
    }
};
/// Kept for good: threads and objects that end after main() give back what they hold through it.
const Attempt& attempt() {
    static const Attempt& only = *std::make_unique<Attempt>().release();
    return only;
}

const char* hint(cudnnStatus_t status) {
    switch (status) {
        case CUDNN_STATUS_NOT_INITIALIZED:
            return "; cuDNN found no card that it can use: emulsion devices says what is there";
        case CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH:
        case CUDNN_STATUS_SUBLIBRARY_LOADING_FAILED:
            return "; all files of cuDNN must be of one version and lie side by side";
        case CUDNN_STATUS_NOT_SUPPORTED_ARCH_MISMATCH:
            return "; this version of cuDNN does not know this card";
        case CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED:
        case CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED:
            return "; memory is full: a smaller batch may fit";
        case CUDNN_STATUS_EXECUTION_FAILED:
        case CUDNN_STATUS_EXECUTION_FAILED_CUDA_DRIVER:
        case CUDNN_STATUS_EXECUTION_FAILED_CUDART:
            return "; work asked for earlier may have failed: run the same command without cuDNN to see";
        default:
            return "";
    }
}

}  // namespace

Handle::Handle() {
    check(api().Create(&handle_), "cudnnCreate");
}

Handle::~Handle() {
    api().Destroy(handle_);
}

Api open() {
    const Library library("cudnn", {"libcudnn.so." + std::to_string(CUDNN_MAJOR)});
    Api api{};
    api.path = library.path();
    library.find(api.GetVersion, "cudnnGetVersion");
    api.version = version_text(api.GetVersion());
    if (api.GetVersion() / 10000 != CUDNN_MAJOR)
        throw NoLibrary("cudnn: " + api.path + " is cuDNN " + api.version + ", this program needs " +
                        std::to_string(CUDNN_MAJOR) + ".x: --cudnn PATH tells where that lies");
    library.find(api.GetErrorString, "cudnnGetErrorString");
    library.find(api.GetLastErrorString, "cudnnGetLastErrorString");
    library.find(api.Create, "cudnnCreate");
    library.find(api.Destroy, "cudnnDestroy");
    library.find(api.SetStream, "cudnnSetStream");
    library.find(api.BackendCreateDescriptor, "cudnnBackendCreateDescriptor");
    library.find(api.BackendDestroyDescriptor, "cudnnBackendDestroyDescriptor");
    library.find(api.BackendSetAttribute, "cudnnBackendSetAttribute");
    library.find(api.BackendGetAttribute, "cudnnBackendGetAttribute");
    library.find(api.BackendFinalize, "cudnnBackendFinalize");
    library.find(api.BackendExecute, "cudnnBackendExecute");
    library.find(api.CreateTensorDescriptor, "cudnnCreateTensorDescriptor");
    library.find(api.SetTensor4dDescriptor, "cudnnSetTensor4dDescriptor");
    library.find(api.DestroyTensorDescriptor, "cudnnDestroyTensorDescriptor");
    library.find(api.CreateLRNDescriptor, "cudnnCreateLRNDescriptor");
    library.find(api.SetLRNDescriptor, "cudnnSetLRNDescriptor");
    library.find(api.DestroyLRNDescriptor, "cudnnDestroyLRNDescriptor");
    library.find(api.LRNCrossChannelForward, "cudnnLRNCrossChannelForward");
    library.find(api.LRNCrossChannelBackward, "cudnnLRNCrossChannelBackward");
    library.find(api.SoftmaxForward, "cudnnSoftmaxForward");
    library.find(api.SoftmaxBackward, "cudnnSoftmaxBackward");
    return api;
}

const Api& api() {
    if (!attempt().api) throw NoLibrary(attempt().why_not);
    return *attempt().api;
}

bool is_here(std::string* why_not) {
    if (why_not != nullptr) *why_not = attempt().why_not;
    return attempt().api.has_value();
}

void check(cudnnStatus_t status, const char* call) {
    if (status == CUDNN_STATUS_SUCCESS) return;
    std::array<char, 512> text{};
    api().GetLastErrorString(text.data(), text.size());
    const std::string reason = text.data();
    const std::string message = std::string(call) + ": " + api().GetErrorString(status) +
                                (reason.empty() ? "" : ": " + reason) + hint(status);
    // 2xxx is a wrong parameter, 3xxx what is not supported: but some of these are about the machine.
    const bool about_the_machine = status >= CUDNN_STATUS_NOT_SUPPORTED_INCOMPATIBLE_CUDA_DRIVER &&
                                   status <= CUDNN_STATUS_NOT_SUPPORTED_SUBLIBRARY_UNAVAILABLE;
    if ((status / 1000 == 2 || status / 1000 == 3) && !about_the_machine) throw Refusal(message);
    throw KernelError(message);
}

std::shared_ptr<const Handle> shared_handle() {
    thread_local std::map<int, std::shared_ptr<const Handle>> handles;
    auto& of_card = handles[current_card()];
    if (!of_card) of_card = std::make_shared<const Handle>();
    return of_card;
}

cudnnHandle_t handle() {
    return shared_handle()->get();
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cudnn
