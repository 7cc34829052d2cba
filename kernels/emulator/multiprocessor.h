// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Runs one block at a time, as a streaming multiprocessor does: its threads are fibers that take turns on the
// host's thread, each until it has to wait or ends.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/emulator/async_copy.h"
#include "kernels/emulator/emulator.h"
#include "kernels/emulator/pages.h"
#include "kernels/emulator/shared_memory.h"
#include "kernels/emulator/thread.h"

namespace emulsion::kernels::emulated {

/// A kernel with its arguments.
struct Call {
    void (*run)(const void* arguments);
    const void* arguments;
    std::size_t bytes;
};

/// What a kernel did wrong; no code: nothing.
struct Fault {
    const char* code = nullptr;
    std::string text;
    explicit operator bool() const { return code != nullptr; }
};

class Multiprocessor {
   public:
    Multiprocessor();  ///< throws std::bad_alloc
    Multiprocessor(const Multiprocessor&) = delete;
    Multiprocessor& operator=(const Multiprocessor&) = delete;

    /// The next blocks are of this launch.
    void prepare(const Call&, dim3 grid, dim3 block, std::size_t dynamic_shared, Order, std::uint64_t seed);
    Fault run_block(std::uint64_t number);

    // For the threads of the block that runs.
    void synchronise_block(Place);
    void synchronise_warp(std::uint32_t mask, Warp::Operation, Place);
    [[noreturn]] void fail(const char* code, std::string&& text);
    SharedMemory& shared() { return shared_; }

    Multiprocessor* next_idle = nullptr;

   private:
    static void start();
    void run_threads();
    Thread* next_ready(const Thread& after);
    void wait(Thread&);
    void finish(Thread&);
    void open_barrier();
    void shuffle_turns();
    void take_stack(Thread&);
    bool guard_stack(int);
    std::byte* stack(int i) const { return stacks_.begin() + static_cast<std::size_t>(i) * stack_bytes; }
    std::byte* usable(int i) const { return stack(i) + guard_; }
    std::size_t usable_bytes() const { return stack_bytes - guard_; }
    void go_on_with(Thread&, Thread* left);
    [[noreturn]] void leave();
    void check_barrier(const Thread&);
    static bool complete(const Warp&, std::uint32_t mask);
    void check_mask(const Thread&, std::uint32_t mask);
    void check_operations(const Thread&, std::uint32_t mask);
    std::string whereabouts() const;
    [[noreturn]] void fail_awaited(const Thread& waiting, const char* code);
    [[noreturn]] void fail_deadlocked();

    SharedMemory shared_;
    Pages stacks_;
    const std::size_t guard_ = page_size();  ///< what each stack begins with
    /// So many stacks have their guard: two mappings each, of which a process has few.
    int guarded_ = 0;
    std::vector<int> idle_stacks_;
    std::vector<Thread> threads_;
    std::vector<Thread*> turns_;
    std::vector<Warp> warps_;
    std::vector<AsyncCopies> copies_;

    Call call_{};
    Order order_ = Order::forward;
    std::uint64_t random_ = 0, seed_ = 0;
    std::size_t dynamic_shared_ = 0;
    unsigned live_ = 0, at_barrier_ = 0;
    Thread* first_at_barrier_ = nullptr;
    Fault fault_;

    void* host_context_ = nullptr;
    const void* host_stack_ = nullptr;
    std::size_t host_stack_bytes_ = 0;
};

}  // namespace emulsion::kernels::emulated
