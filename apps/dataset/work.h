// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What every long step of making a data set is given: threads, a place to show progress, and the wish to
// stop.
#pragma once

#include <emulsion/error.h>
#include <chrono>
#include <string>

#include "apps/common_text.h"
#include "apps/progress.h"
#include "apps/signals.h"

namespace emulsion::apps {

class Work {
   public:
    explicit Work(int thread_count) : threads(thread_count) {}

    const int threads;
    Progress progress;

    /// Error(failure) if a signal asked for an end.
    void check_stop() const {
        if (signals_.stop() != 0)
            throw Error(Error::Kind::failure, "stopped; the same command goes on where this one ended");
    }

    /// Starts the clock of `total` pieces of work.
    void begin(std::size_t total) {
        total_ = total;
        start_ = Clock::now();
    }
    /// "120 of 1,000 photos, 19/s, 45 s left"; comes after each piece, and stops if that is asked for.
    void done(std::size_t pieces, const char* what) {
        check_stop();
        const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
        if (seconds < 1 || !progress.due()) return;
        const double rate = static_cast<double>(pieces) / seconds;
        progress.show(with_commas(static_cast<std::int64_t>(pieces)) + " of " +
                      with_commas(static_cast<std::int64_t>(total_)) + " " + what + ", " + fixed(rate, 0) +
                      "/s, " + human_seconds(static_cast<double>(total_ - pieces) / rate) + " left");
    }

   private:
    using Clock = std::chrono::steady_clock;
    SignalWatch signals_;
    std::size_t total_ = 0;
    Clock::time_point start_;
};

}  // namespace emulsion::apps
