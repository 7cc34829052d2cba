// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What was done when, and by which thread: for Perfetto (ui.perfetto.dev) and chrome://tracing.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <variant>
#include <vector>

namespace emulsion {

/// Spans of time, each on the track of the thread that recorded it, so that those of one track nest as its
/// calls do. All members may be called by several threads at once.
class Trace {
   public:
    using Clock = std::chrono::steady_clock;
    using Time = Clock::time_point;
    struct Argument {
        std::string name;
        std::variant<double, std::string> value;
    };

    /// Keeps the first `most_spans`, of some 24 bytes each, and counts the others. Time begins now, and the
    /// calling thread's track is "main".
    explicit Trace(std::size_t most_spans = 1'000'000);

    /// Puts what the calling thread records from now on the track of this name. Threads that do not live at
    /// the same time may share one.
    void name_thread(const std::string& name);
    /// What spans say of themselves, as a number for add(); the same words get the same number.
    int describe(const std::string& name, const std::string& category,
                 const std::vector<Argument>& arguments = {});
    /// A span of the calling thread. One that ends before it begins is taken to last no time.
    void add(int description, Time begin, Time end) noexcept;

    std::size_t size() const;
    std::size_t dropped() const;  ///< spans that found no room

    /// Replaces `path` whole by the trace so far, in the Trace Event Format. Error(failure) if it cannot be
    /// written; Error(usage) if it holds something other than a trace.
    void write(const std::string& path) const;
    /// Throws what write() would.
    static void require_writable(const std::string& path);

   private:
    struct Mark {
        int track, description;
        std::int64_t begin, length;  ///< nanoseconds, since the start
    };
    int track_of_this_thread();
    int new_track(const std::string& name);
    std::vector<Mark> in_order() const;

    const std::size_t most_spans_;
    const Time start_ = Clock::now();

    mutable std::mutex mutex_;  ///< guards all below
    std::vector<std::string> tracks_;
    std::map<std::thread::id, int> threads_;
    std::unordered_map<std::string, int> numbers_;  ///< of descriptions
    std::vector<const std::string*> descriptions_;  ///< members of a JSON object
    std::vector<Mark> marks_;
    std::size_t dropped_ = 0;
};

/// A span from here to the end of the scope. Without a trace it costs one test of a pointer.
class Span {
   public:
    Span(Trace* trace, int description) : trace_(trace), description_(description) {
        if (trace_ != nullptr) begin_ = Trace::Clock::now();
    }
    Span(Trace* trace, const char* name, const char* category)
        : Span(trace, trace == nullptr ? 0 : trace->describe(name, category)) {}
    ~Span() {
        if (trace_ != nullptr) trace_->add(description_, begin_, Trace::Clock::now());
    }
    Span(const Span&) = delete;
    Span& operator=(const Span&) = delete;

   private:
    Trace* trace_;
    int description_;
    Trace::Time begin_;
};

}  // namespace emulsion
