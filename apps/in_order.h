// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Work done by many threads whose results are used in order by one.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

namespace emulsion::apps {

/// Calls `work(i)` for i from 0 up to `count`, on `threads` threads, and `use(i, result)` here, i ascending.
/// At most four results a thread wait, so memory stays bounded. What either throws ends it all and comes out
/// here; of several, what befell the first i.
template <class Make, class Use>
void in_order(std::size_t count, int threads, const Make& work, const Use& use) {
    using Result = decltype(work(std::size_t{}));
    struct Slot {
        std::optional<Result> result;
        std::exception_ptr failure;
    };
    const auto workers = static_cast<std::size_t>(std::max(threads, 1));
    std::vector<Slot> ring(4 * workers);
    std::mutex mutex;  // guards all here
    std::condition_variable_any room, filled;
    std::size_t next = 0, used = 0;

    const auto run = [&](const std::stop_token& stop) {
        std::unique_lock lock(mutex);
        while (room.wait(lock, stop, [&] { return next < count && next < used + ring.size(); })) {
            const std::size_t i = next++;
            lock.unlock();
            Slot made;
            try {
                made.result.emplace(work(i));
            } catch (...) {
                made.failure = std::current_exception();
            }
            lock.lock();
            ring[i % ring.size()] = std::move(made);
            filled.notify_one();
        }
    };
    std::vector<std::jthread> crew;
    for (std::size_t i = 0; i < std::min(workers, count); ++i) crew.emplace_back(run);
    for (std::size_t i = 0; i < count; ++i) {
        std::unique_lock lock(mutex);
        Slot& slot = ring[i % ring.size()];
        filled.wait(lock, [&] { return slot.result || slot.failure; });
        Slot taken = std::exchange(slot, {});
        ++used;
        lock.unlock();
        room.notify_all();
        if (taken.failure) std::rethrow_exception(taken.failure);
        use(i, *taken.result);
    }
}

}  // namespace emulsion::apps
