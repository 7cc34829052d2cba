// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/thread_team.h"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace emulsion {
namespace {

class ThreadTeam final : public kernels::Threads {
   public:
    explicit ThreadTeam(int count) {
        for (int i = 1; i < count; ++i) workers_.emplace_back([this, i] { work(i); });
    }
    ~ThreadTeam() override {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        start_.notify_all();
        for (auto& worker : workers_) worker.join();
    }

    int count() const override { return static_cast<int>(workers_.size()) + 1; }

    void run(int tasks, void (*task)(void*, int), void* context) override {
        if (tasks <= 1 || workers_.empty()) {
            for (int i = 0; i < tasks; ++i) task(context, i);
            return;
        }
        {
            const std::lock_guard lock(mutex_);
            task_ = task;
            context_ = context;
            tasks_ = tasks;
            busy_ = static_cast<int>(workers_.size());
            ++generation_;
        }
        start_.notify_all();
        share(0, tasks, task, context);
        std::unique_lock lock(mutex_);
        done_.wait(lock, [this] { return busy_ == 0; });
    }

   private:
    // Task i always goes to thread i % count: what a thread computes does not depend on timing.
    void share(int thread, int tasks, void (*task)(void*, int), void* context) const {
        for (int i = thread; i < tasks; i += count()) task(context, i);
    }

    void work(int thread) {
        std::uint64_t seen = 0;
        std::unique_lock lock(mutex_);
        while (true) {
            start_.wait(lock, [&] { return stopping_ || generation_ != seen; });
            if (stopping_) return;
            seen = generation_;
            const auto task = task_;
            void* const context = context_;
            const int tasks = tasks_;
            lock.unlock();
            share(thread, tasks, task, context);
            lock.lock();
            if (--busy_ == 0) done_.notify_one();
        }
    }

    std::mutex mutex_;
    std::condition_variable start_, done_;
    void (*task_)(void*, int) = nullptr;
    void* context_ = nullptr;
    int tasks_ = 0, busy_ = 0;
    std::uint64_t generation_ = 0;
    bool stopping_ = false;
    std::vector<std::thread> workers_;
};

}  // namespace

std::unique_ptr<kernels::Threads> make_thread_team(int count) {
    return std::make_unique<ThreadTeam>(count);
}

}  // namespace emulsion
