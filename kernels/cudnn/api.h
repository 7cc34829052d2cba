// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// cuDNN 9, opened when it is first needed: its functions as a table, under their own names without the
// prefix.
#pragma once

#include <cudnn.h>

#include <memory>
#include <string>

#include "kernels/library.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cudnn {

struct Api {
    std::string path;     ///< the file that was opened
    std::string version;  ///< "9.19.0"

    decltype(&::cudnnGetVersion) GetVersion;
    decltype(&::cudnnGetErrorString) GetErrorString;
    decltype(&::cudnnGetLastErrorString) GetLastErrorString;
    decltype(&::cudnnCreate) Create;
    decltype(&::cudnnDestroy) Destroy;
    decltype(&::cudnnSetStream) SetStream;

    // The graph API: convolutions, pooling
    decltype(&::cudnnBackendCreateDescriptor) BackendCreateDescriptor;
    decltype(&::cudnnBackendDestroyDescriptor) BackendDestroyDescriptor;
    decltype(&::cudnnBackendSetAttribute) BackendSetAttribute;
    decltype(&::cudnnBackendGetAttribute) BackendGetAttribute;
    decltype(&::cudnnBackendFinalize) BackendFinalize;
    decltype(&::cudnnBackendExecute) BackendExecute;

    // What the graph API lacks: LRN, softmax
    decltype(&::cudnnCreateTensorDescriptor) CreateTensorDescriptor;
    decltype(&::cudnnSetTensor4dDescriptor) SetTensor4dDescriptor;
    decltype(&::cudnnDestroyTensorDescriptor) DestroyTensorDescriptor;
    decltype(&::cudnnCreateLRNDescriptor) CreateLRNDescriptor;
    decltype(&::cudnnSetLRNDescriptor) SetLRNDescriptor;
    decltype(&::cudnnDestroyLRNDescriptor) DestroyLRNDescriptor;
    decltype(&::cudnnLRNCrossChannelForward) LRNCrossChannelForward;
    decltype(&::cudnnLRNCrossChannelBackward) LRNCrossChannelBackward;
    decltype(&::cudnnSoftmaxForward) SoftmaxForward;
    decltype(&::cudnnSoftmaxBackward) SoftmaxBackward;
};

/// Opens the library. Throws NoLibrary if it is not here or of another major version.
Api open();
/// The library, opened at the first request, once and for all. Throws NoLibrary, at every call alike.
const Api& api();
/// Whether it is here; `why_not` (may be null) gets the reason.
bool is_here(std::string* why_not = nullptr);

/// cuDNN cannot do what was asked for, and says so before it does anything.
class Refusal : public KernelError {
   public:
    using KernelError::KernelError;
};

/// Throws KernelError "CALL: CODE: TEXT; HINT" if a call failed; Refusal where the code says that the request
/// was at fault.
void check(cudnnStatus_t, const char* call);

/// cuDNN's state for a card, to be used by one thread at a time.
class Handle {
   public:
    /// For the current card.
    Handle();
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle();
    cudnnHandle_t get() const { return handle_; }

   private:
    cudnnHandle_t handle_ = nullptr;
};

/// This thread's for its current card. Made at its first use (cuDNN takes memory then) and given back when
/// the thread has ended and nobody else holds it.
std::shared_ptr<const Handle> shared_handle();
cudnnHandle_t handle();

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cudnn
