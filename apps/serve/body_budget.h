// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The memory that bodies of requests take together, from their first byte until the worker has let go.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

#include "apps/serve/http_types.h"

namespace emulsion::serve {

/// For several threads.
class BodyBudget {
   public:
    explicit BodyBudget(std::size_t limit) : limit_(limit) {}
    std::size_t used() const { return used_; }

   private:
    friend class BodyCharge;
    std::size_t limit_;
    std::atomic<std::size_t> used_ = 0;
};

/// A share of a budget, which goes back with this.
class BodyCharge {
   public:
    explicit BodyCharge(std::shared_ptr<BodyBudget> budget) : budget_(std::move(budget)) {}
    BodyCharge(BodyCharge&&) noexcept = default;
    BodyCharge(const BodyCharge&) = delete;
    BodyCharge& operator=(const BodyCharge&) = delete;
    BodyCharge& operator=(BodyCharge&&) = delete;
    ~BodyCharge() {
        if (budget_) budget_->used_ -= bytes_;  // else it was moved from
    }

    /// Whether there is room for `bytes` in all; they are then taken.
    bool grow_to(std::size_t bytes) {
        if (bytes <= bytes_) return true;
        const std::size_t more = bytes - bytes_;
        if (budget_->used_.fetch_add(more) + more > budget_->limit_) {
            budget_->used_ -= more;
            return false;
        }
        bytes_ = bytes;
        return true;
    }
    /// Takes them even beyond the limit: they are here already.
    void take_anyway(std::size_t bytes) {
        budget_->used_ += bytes;
        bytes_ += bytes;
    }

   private:
    std::shared_ptr<BodyBudget> budget_;
    std::size_t bytes_ = 0;
};

/// Bytes and their charge, until the last holder lets go.
inline std::shared_ptr<const Bytes> share(Bytes bytes, BodyCharge charge) {
    struct Charged {
        Bytes bytes;
        BodyCharge charge;
    };
    auto both = std::make_shared<Charged>(Charged{std::move(bytes), std::move(charge)});
    return {both, &both->bytes};
}

}  // namespace emulsion::serve
