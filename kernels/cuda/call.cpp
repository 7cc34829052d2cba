// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/call.h"

#include <string>

#include "kernels/cuda/queue.h"

namespace emulsion::kernels::cuda {

void check(cudaError_t error, const char* call, const char* file, int line) {
    if (error == cudaSuccess) return;
    cudaGetLastError();  // reported here; the next launch shall not be blamed for it
    const std::string code = cudaGetErrorName(error);
    throw KernelError(std::string(file) + ":" + std::to_string(line) + ": " + call + ": " + code + ": " +
                      cudaGetErrorString(error) + hint(code));
}

StreamHandle make_stream() {
    cudaStream_t stream = nullptr;
    check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
    return StreamHandle(stream);
}

EventHandle make_event(unsigned flags) {
    cudaEvent_t event = nullptr;
    check(cudaEventCreateWithFlags(&event, flags), "cudaEventCreateWithFlags");
    return EventHandle(event);
}

PinnedMemory make_pinned(std::size_t bytes) {
    void* memory = nullptr;
    check(cudaMallocHost(&memory, bytes), "cudaMallocHost");
    return PinnedMemory(memory);
}

}  // namespace emulsion::kernels::cuda
