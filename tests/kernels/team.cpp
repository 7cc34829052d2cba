// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/team.h"

#include <map>
#include <memory>

namespace emulsion::kernels::tests {

SimpleTeam::SimpleTeam(int count) {
    for (int member = 1; member < count; ++member) workers_.emplace_back([this, member] { work(member); });
}

SimpleTeam::~SimpleTeam() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    changed_.notify_all();
    for (auto& worker : workers_) worker.join();
}

void SimpleTeam::run(int tasks, void (*task)(void*, int), void* context) {
    const Call call{tasks, task, context};
    {
        const std::lock_guard lock(mutex_);
        call_ = call;
        busy_ = count() - 1;
        ++generation_;
    }
    changed_.notify_all();
    take_share(call, 0);
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return busy_ == 0; });
}

void SimpleTeam::take_share(const Call& call, int member) const {
    for (int i = member; i < call.tasks; i += count()) call.task(call.context, i);
}

void SimpleTeam::work(int member) {
    for (int seen = 0;;) {
        Call call;
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [&] { return stop_ || generation_ != seen; });
            if (stop_) return;
            seen = generation_;
            call = call_;
        }
        take_share(call, member);
        {
            const std::lock_guard lock(mutex_);
            --busy_;
        }
        changed_.notify_all();
    }
}

Threads& team(const std::string& implementation, int count) {
    static std::map<std::pair<bool, int>, std::unique_ptr<Threads>> teams;
    const bool fast = implementation == "onednn";
    auto& made = teams[{fast, count}];
    if (!made && fast) made = fast_cpu_threads(count);
    if (!made) made = std::make_unique<SimpleTeam>(count);
    return *made;
}

}  // namespace emulsion::kernels::tests
