// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/emulator/grid.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <new>
#include <numeric>
#include <utility>

#include "kernels/emulator/random.h"

namespace emulsion::kernels::emulated {
namespace {

thread_local LaunchSink* sink = nullptr;

/// More threads than these take no part in a launch: each takes up to two mappings for each of its stacks,
/// and Linux allows a process 65530.
constexpr std::size_t most_workers = 16;

/// Multiprocessors that wait for work. They are costly to make, and launches may not take memory.
class Pool {
   public:
    ~Pool() {
        while (idle_ != nullptr) delete std::exchange(idle_, idle_->next_idle);
    }
    Multiprocessor* take() {
        const std::lock_guard lock(mutex_);
        if (idle_ == nullptr) return new Multiprocessor;
        return std::exchange(idle_, idle_->next_idle);
    }
    void give_back(Multiprocessor* one) {
        const std::lock_guard lock(mutex_);
        one->next_idle = std::exchange(idle_, one);
    }
    /// Sees to it that so many wait. Threads of a team need not start together: one that comes late would
    /// else find the first one's back in the pool, and its own would be made in some later launch.
    void provide(std::size_t count) {
        const std::lock_guard lock(mutex_);
        for (const Multiprocessor* one = idle_; one != nullptr && count > 0; one = one->next_idle) --count;
        for (; count > 0; --count) {
            auto* const one = new Multiprocessor;
            one->next_idle = std::exchange(idle_, one);
        }
    }

   private:
    std::mutex mutex_;
    Multiprocessor* idle_ = nullptr;
};

Pool& pool() {
    static Pool of_the_process;
    return of_the_process;
}

/// A multiprocessor of the pool's, for as long as this lives.
class Lease {
   public:
    Lease() : one_(pool().take()) {}
    ~Lease() { pool().give_back(one_); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Multiprocessor* operator->() const { return one_; }

   private:
    Multiprocessor* const one_;
};

/// The blocks of one launch, handed out one by one.
class Grid {
   public:
    Grid(const Launch& launch, const Call& call) : launch_(launch), call_(call) {}

    /// Runs blocks until none is left, or one was at fault. Throws nothing: the team's threads know of no
    /// exceptions.
    void work() noexcept {
        try {
            run_blocks();
        } catch (const std::bad_alloc&) {
            note(no_memory());
        }
    }
    /// Before the team starts: a launch takes memory at its first time, or never.
    void provide(std::size_t workers) noexcept {
        try {
            pool().provide(workers);
        } catch (const std::bad_alloc&) {
            note(no_memory());
        }
    }
    void throw_fault() const {
        if (failed_) throw_launch_error(launch_, fault_.code, fault_.text);
    }

   private:
    static Fault no_memory() { return {"out of memory", "none is left for the stacks of a block's threads"}; }
    void run_blocks() {
        const Lease one;
        one->prepare(call_, extent(launch_.grid), extent(launch_.block), launch_.shared_bytes,
                     settings().order, settings().seed);
        for (std::uint64_t i = next_++; i < count_ && !failed_; i = next_++)
            if (Fault fault = one->run_block(number(i))) note(std::move(fault));
    }
    static dim3 extent(const Extent3& e) { return {e.x, e.y, e.z}; }

    /// The block whose turn is the i-th. A random order begins anywhere and steps through the numbers by a
    /// stride that has no divisor in common with their count.
    std::uint64_t number(std::uint64_t i) const {
        if (settings().order == Order::forward) return i;
        if (settings().order == Order::reverse) return count_ - 1 - i;
        return (i * stride_ + offset_) % count_;
    }
    /// Not 1 either, which were the forward order begun elsewhere.
    std::uint64_t coprime_stride() {
        std::uint64_t stride = next_random(random_) % count_;
        while (std::gcd(stride, count_) != 1 || (stride == 1 && count_ > 2)) stride = (stride + 1) % count_;
        return stride;
    }
    void note(Fault fault) {
        const std::lock_guard lock(mutex_);
        if (!failed_) fault_ = std::move(fault);
        failed_ = true;
    }

    const Launch& launch_;
    const Call& call_;
    const std::uint64_t count_ = launch_.grid.count();
    std::uint64_t random_ = settings().seed;
    const std::uint64_t offset_ = next_random(random_) % count_, stride_ = coprime_stride();
    std::atomic<std::uint64_t> next_ = 0;
    std::atomic<bool> failed_ = false;
    std::mutex mutex_;
    Fault fault_;
};

void check_configuration(const Launch& launch) {
    const auto refuse = [&](const std::string& text) {
        throw_launch_error(launch, "invalid configuration", text);
    };
    const Extent3 &grid = launch.grid, &block = launch.block;
    if (grid.count() == 0 || block.count() == 0) refuse("no threads at all");
    if (block.count() > most_threads) refuse("more than 1024 threads in a block");
    if (block.x > 1024 || block.y > 1024 || block.z > 64)
        refuse("a block has at most 1024 x 1024 x 64 threads");
    if (grid.x > 0x7FFFFFFFU || grid.y > 65535 || grid.z > 65535)
        refuse("a grid has at most 2147483647 x 65535 x 65535 blocks");
    if (launch.shared_bytes > SharedMemory::allowed())
        refuse(std::to_string(launch.shared_bytes) + " bytes of dynamic shared memory, " +
               std::to_string(SharedMemory::allowed()) + " are allowed");
}

}  // namespace

LaunchCapture::LaunchCapture(LaunchSink& taker) {
    sink = &taker;
}
LaunchCapture::~LaunchCapture() {
    sink = nullptr;
}

void run_grid(const Launch& launch, const Queue& queue, const Call& call) {
    check_configuration(launch);
    if (sink != nullptr) {
        sink->take(launch, queue, call);
        return;
    }
    Grid grid(launch, call);
    const std::size_t workers =
        std::min({launch.grid.count(), static_cast<std::size_t>(queue.team_size), most_workers});
    if (logs_accesses()) {  // one launch and one block at a time
        static std::mutex one_launch;
        const std::lock_guard lock(one_launch);
        grid.work();
    } else if (workers <= 1 || queue.spread == nullptr) {
        grid.work();
    } else {
        grid.provide(workers);
        queue.spread(
            queue.team, static_cast<int>(workers),
            [](void* context, int) { static_cast<Grid*>(context)->work(); }, &grid);
    }
    grid.throw_fault();
}

}  // namespace emulsion::kernels::emulated
