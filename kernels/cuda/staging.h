// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Copies between pageable memory of the host and a card, through two pinned buffers: while one travels the
// other is filled or emptied, and what the caller handed in is his again at return. Everything joins one
// stream, whose order keeps a buffer's copies apart on the card's side; events keep the host's side apart.
#pragma once

#include <array>
#include <cstddef>

#include "kernels/cuda/call.h"

namespace emulsion::kernels::cuda {

class Staging {
   public:
    explicit Staging(cudaStream_t);

    void copy_in(void* to, const void* from, std::size_t bytes);
    void copy_out(void* to, const void* from, std::size_t bytes);

   private:
    static constexpr std::size_t piece = std::size_t{4} << 20;

    struct Buffer {
        PinnedMemory memory = make_pinned(piece);
        EventHandle free = make_event();  ///< after the last copy to or from it
    };

    Buffer& next();

    cudaStream_t stream_;
    std::array<Buffer, 2> buffers_;
    std::size_t turn_ = 0;
};

}  // namespace emulsion::kernels::cuda
