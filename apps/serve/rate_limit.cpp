// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/serve/rate_limit.h"

#include <arpa/inet.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace emulsion::serve {
namespace {

// Beyond it those go that have their whole minute again, and who comes then finds a full bucket: the same.
constexpr std::size_t most_buckets = 4096;

}  // namespace

int RateLimit::wait(const std::string& client, Clock::time_point now) {
    const double photos = refilled(client, now).photos;
    if (photos >= 1) return 0;
    return std::max(1, static_cast<int>(std::ceil((1 - photos) * 60 / capacity_)));
}

void RateLimit::charge(const std::string& client, std::size_t photos, Clock::time_point now) {
    refilled(client, now).photos -= static_cast<double>(photos);
}

std::string RateLimit::client_of(const std::string& address) {
    std::array<unsigned char, 16> bytes{};
    if (inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) return address;
    std::string network;
    for (std::size_t i = 0; i < 8; ++i) network += fmt::format("{:02x}", bytes[i]);
    return network + "/64";
}

RateLimit::Bucket& RateLimit::refilled(const std::string& client, Clock::time_point now) {
    if (buckets_.size() >= most_buckets && !buckets_.contains(client)) forget_the_full(now);
    Bucket& bucket = buckets_.try_emplace(client, Bucket{capacity_, now}).first->second;
    const double minutes = std::chrono::duration<double>(now - bucket.at).count() / 60;
    bucket = {std::min(capacity_, bucket.photos + minutes * capacity_), now};
    return bucket;
}

void RateLimit::forget_the_full(Clock::time_point now) {
    std::erase_if(buckets_, [&](const auto& entry) {
        const double minutes = std::chrono::duration<double>(now - entry.second.at).count() / 60;
        return entry.second.photos + minutes * capacity_ >= capacity_;
    });
    // All of them are busy: more than anybody who is honest. One must go, whichever.
    if (buckets_.size() >= most_buckets) buckets_.erase(buckets_.begin());
}

}  // namespace emulsion::serve
