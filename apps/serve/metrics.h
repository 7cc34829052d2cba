// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What the server counts, as Prometheus reads it.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "apps/serve/backend.h"

namespace emulsion::serve {

/// For several threads.
class Metrics {
   public:
    /// A request was answered. `endpoint` is a route, never what a client wrote; `cause` is empty unless it
    /// was refused.
    void answered(std::string_view endpoint, int status, std::string_view cause, double seconds);
    void photo(Outcome);
    /// A connection was opened or turned away for the reason given.
    void opened() { ++connections_; }
    void closed() { --connections_; }
    void turned_away(std::string_view cause);

    /// The text of /metrics, version 0.0.4.
    std::string text(const BackendState&, std::size_t body_bytes, bool ready) const;

   private:
    /// Upper bounds of the histogram's buckets, in seconds.
    static constexpr std::array bounds = {0.005, 0.01, 0.025, 0.05, 0.1,  0.25,
                                          0.5,   1.0,  2.5,   5.0,  10.0, 30.0};
    struct Histogram {
        std::array<std::uint64_t, bounds.size() + 1> counts{};
        double sum = 0;
    };
    void write_counters(std::string& text) const;
    void write_latencies(std::string& text) const;

    mutable std::mutex mutex_;
    std::map<std::pair<std::string, int>, std::uint64_t> requests_;
    std::map<std::string, Histogram> seconds_;
    std::map<std::string, std::uint64_t> rejections_;
    std::map<Outcome, std::uint64_t> photos_;
    std::atomic<int> connections_ = 0;
};

/// "done", "bad_photo", ...
std::string_view name_of(Outcome);

}  // namespace emulsion::serve
