// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Thread teams for the tests.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "kernels/kernels.h"

namespace emulsion::kernels::tests {

/// The simplest team: workers that sleep between calls; member m takes tasks m, m + count, ...
class SimpleTeam : public Threads {
   public:
    explicit SimpleTeam(int count);
    ~SimpleTeam() override;

    int count() const override { return static_cast<int>(workers_.size()) + 1; }
    void run(int tasks, void (*task)(void* context, int index), void* context) override;

   private:
    struct Call {
        int tasks = 0;
        void (*task)(void*, int) = nullptr;
        void* context = nullptr;
    };
    void take_share(const Call&, int member) const;
    void work(int member);

    std::mutex mutex_;
    std::condition_variable changed_;
    Call call_;
    int generation_ = 0, busy_ = 0;
    bool stop_ = false;
    std::vector<std::thread> workers_;
};

/// The team on which an implementation is run here: for "onednn" the one of its own runtime where there is
/// one, else a SimpleTeam. Made at the first request and kept.
Threads& team(const std::string& implementation, int count);

}  // namespace emulsion::kernels::tests
