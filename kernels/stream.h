// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Where plans run: a team of threads, or the stream of a device.
#pragma once

#include <cstdint>
#include <type_traits>

namespace emulsion::kernels {

/// A team of threads that an implementation may borrow for the length of a call.
class Threads {
   public:
    virtual ~Threads() = default;
    virtual int count() const = 0;
    /// Calls task(context, i) for each i in [0, tasks), spread over the team; returns when all are
    /// done. Not reentrant. Takes no memory.
    virtual void run(int tasks, void (*task)(void* context, int index), void* context) = 0;
};

/// Where a plan runs: the session's threads, and on a GPU its stream.
struct Stream {
    Threads* threads = nullptr;
    void* native = nullptr;
    int thread_count() const { return threads != nullptr ? threads->count() : 1; }
};

/// Splits [0, count) into at most one contiguous range a thread, none shorter than `grain` but the
/// last, and calls body(begin, end, part). The split depends on count, grain and the team's size only.
template <class Body>
void parallel_for(const Stream& stream, std::int64_t count, std::int64_t grain, Body&& body) {
    if (count <= 0) return;
    if (grain < 1) grain = 1;
    const std::int64_t most = (count + grain - 1) / grain;
    const int parts = static_cast<int>(most < stream.thread_count() ? most : stream.thread_count());
    if (parts <= 1) {
        body(std::int64_t{0}, count, 0);
        return;
    }
    struct Context {
        std::remove_reference_t<Body>* body;
        std::int64_t count;
        int parts;
    } context{&body, count, parts};
    stream.threads->run(
        parts,
        [](void* opaque, int i) {
            auto& c = *static_cast<Context*>(opaque);
            (*c.body)(c.count * i / c.parts, c.count * (i + 1) / c.parts, i);
        },
        &context);
}

}  // namespace emulsion::kernels
