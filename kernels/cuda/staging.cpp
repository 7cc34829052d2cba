// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/staging.h"

#include <algorithm>
#include <cstring>

namespace emulsion::kernels::cuda {

Staging::Staging(cudaStream_t stream) : stream_(stream) {}

Staging::Buffer& Staging::next() {
    turn_ = (turn_ + 1) % buffers_.size();
    return buffers_[turn_];
}

void Staging::copy_in(void* to, const void* from, std::size_t bytes) {
    for (std::size_t done = 0; done < bytes; done += piece) {
        const std::size_t count = std::min(piece, bytes - done);
        const Buffer& buffer = next();
        check(cudaEventSynchronize(buffer.free.get()), "cudaEventSynchronize");
        std::memcpy(buffer.memory.get(), static_cast<const std::byte*>(from) + done, count);
        check(cudaMemcpyAsync(static_cast<std::byte*>(to) + done, buffer.memory.get(), count,
                              cudaMemcpyHostToDevice, stream_),
              "cudaMemcpyAsync to the card");
        check(cudaEventRecord(buffer.free.get(), stream_), "cudaEventRecord");
    }
}

void Staging::copy_out(void* to, const void* from, std::size_t bytes) {
    const auto start = [&](std::size_t at) -> const Buffer* {
        if (at >= bytes) return nullptr;
        const Buffer& buffer = next();
        check(cudaMemcpyAsync(buffer.memory.get(), static_cast<const std::byte*>(from) + at,
                              std::min(piece, bytes - at), cudaMemcpyDeviceToHost, stream_),
              "cudaMemcpyAsync from the card");
        check(cudaEventRecord(buffer.free.get(), stream_), "cudaEventRecord");
        return &buffer;
    };
    const Buffer* arriving = start(0);
    for (std::size_t done = 0; done < bytes; done += piece) {
        const Buffer* following = start(done + piece);
        check(cudaEventSynchronize(arriving->free.get()), "cudaEventSynchronize");
        std::memcpy(static_cast<std::byte*>(to) + done, arriving->memory.get(),
                    std::min(piece, bytes - done));
        arriving = following;
    }
}

}  // namespace emulsion::kernels::cuda
