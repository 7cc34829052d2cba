// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// How many photos a client may send: a bucket of tokens each.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <unordered_map>

namespace emulsion::serve {

/// A client has a minute's photos at first, and gets them back evenly. What came in one request is taken in
/// full, into debt if need be, so that a form is never half welcome. Not for several threads.
class RateLimit {
   public:
    using Clock = std::chrono::steady_clock;

    explicit RateLimit(double photos_a_minute) : capacity_(photos_a_minute) {}

    /// Seconds until the client may send again; 0: now.
    int wait(const std::string& client, Clock::time_point now);
    void charge(const std::string& client, std::size_t photos, Clock::time_point now);

    /// Whom an address stands for: a home or a site has 2^64 of IPv6, so those of one /64 count as one.
    static std::string client_of(const std::string& address);

   private:
    struct Bucket {
        double photos;
        Clock::time_point at;
    };
    Bucket& refilled(const std::string& client, Clock::time_point now);
    void forget_the_full(Clock::time_point now);

    double capacity_;
    std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace emulsion::serve
