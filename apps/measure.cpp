// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/measure.h"

#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <emulsion/error.h>
#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <thread>

#include "apps/cpu.h"

namespace emulsion::apps {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

// Seconds that each of the three measurements takes: others' load comes in bursts, and a peak needs a gap.
constexpr double a_while = 0.35;

// Results go here, so that no loop can be left out as useless.
std::atomic<float> sink;

// Keeps the calling thread on one of the cores that the process may use, the `part`-th. Left to itself, the
// scheduler may wake two threads on one core for rounds this short, and half the machine is measured.
void stay_on_core(int part) {
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
    int wanted = part % CPU_COUNT(&allowed);
    for (int core = 0; core < CPU_SETSIZE; ++core) {
        if (!CPU_ISSET(core, &allowed) || wanted-- > 0) continue;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(core, &one);
        sched_setaffinity(0, sizeof one, &one);
        return;
    }
}

// Runs body(part, round) on `threads` threads at once, again and again for `seconds` and at least once; the
// seconds of the fastest round, from the moment all are ready until the last is done. The fastest, because a
// peak is asked for and other programs can only take away from it. A round should take about a millisecond:
// in one that takes ten, on a machine that others use too, some thread is interrupted nearly always.
double fastest_round(int threads, double seconds, const std::function<void(int, int)>& body) {
    double best = 1e30;
    bool enough = false;
    const Clock::time_point begin = Clock::now();
    Clock::time_point start;
    std::barrier ready(threads, [&start]() noexcept { start = Clock::now(); });
    std::barrier done(threads, [&]() noexcept {
        best = std::min(best, seconds_since(start));
        enough = seconds_since(begin) >= seconds;
    });
    const auto work = [&](int part) {
        stay_on_core(part);
        for (int round = 0; !enough; ++round) {
            ready.arrive_and_wait();
            body(part, round);
            done.arrive_and_wait();
        }
    };
    {
        std::vector<std::jthread> team;  // the caller's own thread stays free to move
        for (int part = 0; part < threads; ++part) team.emplace_back(work, part);
    }
    return best;
}

// Zeroed pages, huge ones where the system has them, given back at the end.
class Pages {
   public:
    explicit Pages(std::size_t bytes) : bytes_(bytes) {
        memory_ = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory_ == MAP_FAILED) {
            throw Error(Error::Kind::failure, "out of memory for the measurement of memory bandwidth");
        }
        madvise(memory_, bytes, MADV_HUGEPAGE);
    }
    ~Pages() { munmap(memory_, bytes_); }
    Pages(const Pages&) = delete;
    Pages& operator=(const Pages&) = delete;

    std::span<std::uint64_t> words() const {
        return {static_cast<std::uint64_t*>(memory_), bytes_ / sizeof(std::uint64_t)};
    }

   private:
    void* memory_ = nullptr;
    std::size_t bytes_;
};

// Integers, because a compiler may reorder (and so vectorise) their sum.
std::uint64_t sum(std::span<const std::uint64_t> words) {
    std::uint64_t total = 0;
    for (const std::uint64_t w : words) total += w;
    return total;
}

// Reads and writes each word. Many machines carry both at once, each way on lines of its own. Four places
// at a time, because a core follows one stream only so fast.
void increment(std::span<std::uint64_t> words) {
    const std::size_t quarter = words.size() / 4;
    std::uint64_t* const w = words.data();
    for (std::size_t i = 0; i < quarter; ++i) {
        ++w[i];
        ++w[i + quarter];
        ++w[i + 2 * quarter];
        ++w[i + 3 * quarter];
    }
}

double measure_flop_per_second(int threads, const FmaLoop& loop) {
    constexpr std::int64_t rounds = 400'000;  // a millisecond or two
    const double seconds = fastest_round(threads, a_while, [&](int, int) { sink = loop.run(rounds); });
    return loop.flop_per_round * static_cast<double>(rounds) * threads / seconds;
}

// Each round takes the next slice, so that when a slice's turn comes again, others several times larger than
// the caches have passed since, and all of it comes from memory though a round is short.
double measure_bytes_per_second(int threads) {
    constexpr std::size_t least = std::size_t{256} << 20;
    constexpr std::size_t slices = 8;
    const long cache = sysconf(_SC_LEVEL3_CACHE_SIZE);  // 0 or less where unknown
    // A virtual machine may name the cache of the whole host, of which a few cores see a part.
    constexpr std::size_t most = std::size_t{1} << 30;
    const std::size_t bytes =
        std::clamp(cache > 0 ? 8 * static_cast<std::size_t>(cache) : std::size_t{0}, least, most);
    const Pages pages(bytes);
    const std::span<std::uint64_t> all = pages.words();
    const std::size_t share = all.size() / static_cast<std::size_t>(threads);
    const std::size_t length = share / slices;
    const auto part_of = [&](int part) { return all.subspan(static_cast<std::size_t>(part) * share, share); };
    const auto slice_of = [&](int part, int round) {
        return part_of(part).subspan(static_cast<std::size_t>(round) % slices * length, length);
    };
    // Each thread writes its own part first, so that the pages lie near its core.
    fastest_round(threads, 0, [&](int part, int) { std::ranges::fill(part_of(part), 1); });
    const double traffic = static_cast<double>(length * sizeof(std::uint64_t)) * threads;
    const double reading = fastest_round(threads, a_while, [&](int part, int round) {
        sink = static_cast<float>(sum(slice_of(part, round)));
    });
    const double updating =
        fastest_round(threads, a_while, [&](int part, int round) { increment(slice_of(part, round)); });
    return std::max(traffic / reading, 2 * traffic / updating);
}

}  // namespace

double Roofline::floor_seconds(const kernels::Cost& cost) const {
    return std::max(cost.flop / flop_per_second, cost.bytes / bytes_per_second);
}

Roofline better_of(const Roofline& one, const Roofline& other) {
    Roofline best = one;
    best.flop_per_second = std::max(one.flop_per_second, other.flop_per_second);
    best.bytes_per_second = std::max(one.bytes_per_second, other.bytes_per_second);
    return best;
}

Roofline measure_roofline(int threads, kernels::Precision precision) {
    const FmaLoop loop = widest_fma_loop(precision);
    return {measure_flop_per_second(threads, loop), measure_bytes_per_second(threads), threads, loop.name};
}

double median(std::vector<double> values) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace emulsion::apps
