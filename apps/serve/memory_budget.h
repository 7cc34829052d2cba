// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Memory that several threads share out among themselves, so that many large photos at once take no more than
// a few.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <stop_token>

namespace emulsion::serve {

class MemoryBudget {
   public:
    explicit MemoryBudget(std::size_t bytes) : bytes_(bytes) {}

    /// What one photo takes; given back at its end.
    class Share {
       public:
        explicit Share(MemoryBudget& budget) : budget_(budget) {}
        ~Share();
        Share(const Share&) = delete;
        Share& operator=(const Share&) = delete;

        /// Waits until there is room, or nobody else has any. False if `until` came first, or a stop. To be
        /// called once: a share that grew could wait for another that waits for it.
        bool take(std::size_t bytes, std::chrono::steady_clock::time_point until, const std::stop_token&);

       private:
        MemoryBudget& budget_;
        std::size_t taken_ = 0;
    };

    std::size_t most_used() const;  ///< so far

   private:
    const std::size_t bytes_;
    mutable std::mutex mutex_;
    std::condition_variable_any freed_;
    std::size_t used_ = 0, most_used_ = 0;
};

}  // namespace emulsion::serve
