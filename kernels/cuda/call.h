// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Calls of CUDA's runtime: what they return is looked at, what they make is given back.
#pragma once

#include <cuda_runtime_api.h>

#include <type_traits>
#include <utility>

namespace emulsion::kernels::cuda {

/// Throws KernelError "FILE:LINE: CALL: CODE: TEXT", with a hint where there is one, if a call failed: for a
/// reason of its own, or because work that was asked for earlier has.
void check(cudaError_t, const char* call, const char* file = __builtin_FILE(), int line = __builtin_LINE());

/// What a call made, and the call that gives it back.
template <class T, cudaError_t (*give_back)(T)>
class Owned {
   public:
    Owned() = default;
    explicit Owned(T object) : object_(object) {}
    Owned(Owned&& other) noexcept : object_(std::exchange(other.object_, T{})) {}
    Owned& operator=(Owned&& other) noexcept {
        std::swap(object_, other.object_);
        return *this;
    }
    ~Owned() {
        // An error must not stay behind for the thread's next call to be blamed for.
        if (object_ != T{} && give_back(object_) != cudaSuccess) cudaGetLastError();
    }
    T get() const { return object_; }

   private:
    T object_{};
};

using StreamHandle = Owned<cudaStream_t, cudaStreamDestroy>;
using EventHandle = Owned<cudaEvent_t, cudaEventDestroy>;
using GraphHandle = Owned<cudaGraph_t, cudaGraphDestroy>;
using GraphExecHandle = Owned<cudaGraphExec_t, cudaGraphExecDestroy>;
using PinnedMemory = Owned<void*, cudaFreeHost>;

/// A stream that does not wait for the default one.
StreamHandle make_stream();
/// An event; one that is to measure time needs cudaEventDefault.
EventHandle make_event(unsigned flags = cudaEventDisableTiming);
/// Memory of the host that cards reach without a copy in between.
PinnedMemory make_pinned(std::size_t bytes);

}  // namespace emulsion::kernels::cuda
