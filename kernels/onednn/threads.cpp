// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A thread team for the whole session on the runtime that oneDNN uses, so that there is one team and not
// two that wait for each other's cores.
#include "kernels/kernels.h"

namespace emulsion::kernels {
namespace {

class OpenMpThreads final : public Threads {
   public:
    explicit OpenMpThreads(int count) : count_(count) {}

    int count() const override { return count_; }

    /// Always the whole team, however few the tasks: GNU's runtime ends the threads that a smaller team
    /// leaves over, and makes new ones for the next that is larger.
    void run(int tasks, void (*task)(void*, int), void* context) override {
        if (tasks == 1 || count_ == 1) {
            for (int i = 0; i < tasks; ++i) task(context, i);
            return;
        }
#pragma omp parallel for schedule(static) num_threads(count_)
        for (int i = 0; i < tasks; ++i) task(context, i);
    }

   private:
    int count_;
};

}  // namespace

std::unique_ptr<Threads> fast_cpu_threads(int count) {
    return std::make_unique<OpenMpThreads>(count < 1 ? 1 : count);
}

}  // namespace emulsion::kernels
