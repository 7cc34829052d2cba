// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/serve/memory_budget.h"

#include <algorithm>

namespace emulsion::serve {

MemoryBudget::Share::~Share() {
    {
        const std::lock_guard lock(budget_.mutex_);
        budget_.used_ -= taken_;
    }
    budget_.freed_.notify_all();
}

bool MemoryBudget::Share::take(std::size_t bytes, std::chrono::steady_clock::time_point until,
                               const std::stop_token& stop) {
    std::unique_lock lock(budget_.mutex_);
    const auto fits = [&] {
        return budget_.used_ == 0 || (bytes <= budget_.bytes_ && budget_.used_ <= budget_.bytes_ - bytes);
    };
    if (!budget_.freed_.wait_until(lock, stop, until, fits)) return false;
    taken_ += bytes;
    budget_.used_ += bytes;
    budget_.most_used_ = std::max(budget_.most_used_, budget_.used_);
    return true;
}

std::size_t MemoryBudget::most_used() const {
    const std::lock_guard lock(mutex_);
    return most_used_;
}

}  // namespace emulsion::serve
