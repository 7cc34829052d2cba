// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A CUDA thread as the emulator keeps it: a fiber, which runs until it has to wait for others. C++17, since
// kernels see it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "kernels/emulator/vectors.h"

/// For functions that read the emulator's own memory from within a kernel: the access log must not see it.
#define EMULSION_UNLOGGED __attribute__((no_sanitize("thread")))

namespace emulsion::kernels::emulated {

/// A line of a kernel.
struct Place {
    const char* file = nullptr;
    int line = 0;
};

struct Warp;
class AsyncCopies;

enum class State : std::uint8_t { fresh, ready, at_barrier, at_warp_operation, done };

struct Thread {
    uint3 index;      ///< threadIdx
    unsigned number;  ///< threadIdx as one number, x fastest
    unsigned lane;    ///< within its warp
    Warp* warp;
    AsyncCopies* copies;
    const std::byte* row;     ///< it gave to its last ldmatrix
    const void* pc;           ///< of that
    void* context = nullptr;  ///< where it was left
    int stack = -1;
    const std::byte* local;  ///< its stack
    unsigned position = 0;   ///< its turn
    State state = State::fresh;
    Place place;  ///< the barrier or warp operation it reached last
};

/// What all threads of a block see alike.
struct BlockView {
    uint3 index;       ///< blockIdx
    dim3 block, grid;  ///< blockDim, gridDim
};

constexpr unsigned lanes = 32;
constexpr unsigned most_threads = 1024;  ///< of a block
constexpr std::size_t stack_bytes = 128 << 10;

/// Lanes meet in an operation: each leaves its operand, and the last to come computes every lane's result.
struct Warp {
    using Operation = void (*)(Warp&, std::uint32_t mask);

    unsigned size;                  ///< lanes that exist
    std::uint32_t waiting, exited;  ///< one bit a lane
    std::uint32_t masks[lanes];     ///< whom a waiting lane waits for
    Operation operations[lanes];
    Thread* threads;  ///< of lane 0
    unsigned source[lanes];
    std::uint64_t value[lanes];
    std::uint32_t fragment[lanes][10];  ///< of a matrix instruction: A, B, C
};

// Not `thread_local`: that would go through a wrapper function at every use.
extern __thread Thread* current __attribute__((tls_model("initial-exec")));
extern __thread BlockView view __attribute__((tls_model("initial-exec")));

EMULSION_UNLOGGED inline uint3 thread_index() {
    return current->index;
}
EMULSION_UNLOGGED inline uint3 block_index() {
    return view.index;
}
EMULSION_UNLOGGED inline dim3 block_extent() {
    return view.block;
}
EMULSION_UNLOGGED inline dim3 grid_extent() {
    return view.grid;
}

/// Waits for all threads of the block.
void synchronise_block(Place);

/// Waits for the lanes in `mask`, which must ask for the same operation.
void synchronise_warp(std::uint32_t mask, Warp::Operation, Place);

/// Ends the launch: the kernel did what no kernel may. To be called from within a kernel. The stack is left
/// as it is, so nothing on it may own memory: build the text in a statement of its own and move it here.
[[noreturn]] void fault(const char* code, std::string&& text);

/// A declaration of shared memory in a kernel.
struct SharedArray {
    const char* name;
    std::size_t bytes;
    Place place;
};

/// The block's own array of that declaration.
void* shared_array(const SharedArray&);
void* dynamic_shared_memory();
/// Whether bytes lie in the block's shared memory.
bool in_shared_memory(const void* at, std::size_t bytes);

}  // namespace emulsion::kernels::emulated
