// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The prefetching loader: threads decode the photos of the next batches while the net works on this one.
//
// Everything in batch k follows from (samples, seed, k) alone: the order is the same for any number of
// threads, and a run resumes at any batch without replaying those before it.
#pragma once

#include <emulsion/trace.h>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "data/batch.h"
#include "data/list.h"
#include "data/order.h"
#include "data/prepare.h"

namespace emulsion {

struct LoaderOptions {
    Preprocessing preprocessing;
    int batch = 50;  ///< photos in each
    std::uint64_t seed = 0;
    bool repeat = true;        ///< endless epochs; false: one pass
    bool shuffle = true;       ///< each epoch in an order of its own; false: as listed
    bool random_crop = false;  ///< else the centre
    bool mirror = false;       ///< half of the photos, at random
    int threads = 1;
    int prefetch = 3;               ///< batches ready or in work beyond the one being used
    std::uint64_t first_batch = 0;  ///< where to go on
    std::size_t cache_bytes = 0;    ///< for fitted photos kept in memory, so that a small set is decoded once
    std::shared_ptr<Trace> trace;   ///< gets a span for each photo and each wait; null: none
    std::string track = "loader";   ///< in the trace: thread 1's is "loader 1"
    DecodeOptions decode;           ///< limits and log; the log must bear calls from several threads

    /// Told, from within next(), of each sample that cannot be used: once, however often it comes up.
    std::function<void(const std::string& path, const std::string& why)> on_broken;
};

class Loader {
   public:
    /// Throws Error(usage) for settings that make no sense, Error(data) if there is no sample.
    Loader(std::vector<Sample> samples, LoaderOptions options);
    /// Stops the threads, in the middle of a photo if need be, and waits for them.
    ~Loader();

    /// The next batch, valid until the following call; null after the last of a pass. Waits if it is
    /// not ready. Throws Error(data) once every sample has proved broken, and whatever befell a thread.
    /// Not to be called by two threads at once.
    const LoadedBatch* next();

    std::uint64_t batches_per_epoch() const;                  ///< rounded up; in a pass, all there are
    std::size_t broken_samples() const { return reported_; }  ///< distinct, in the batches delivered

   private:
    /// A batch in work.
    struct Job {
        LoadedBatch batch;
        std::vector<std::uint32_t> samples;   ///< which sample each slot holds
        std::vector<std::string> complaints;  ///< why a slot's photo was found broken, else ""
        int waiting;                          ///< slots that are not finished
    };
    /// One photo to load. What the task says of the sample was read under the lock.
    struct Task {
        Job* job;
        std::size_t slot;
        std::uint32_t sample;
        const std::uint8_t* cached;
        bool known_broken;
    };

    Job& job_of(std::uint64_t batch) { return jobs_[batch % jobs_.size()]; }
    bool task_waits() const;
    Task take_task();
    void open_job(std::uint64_t batch);
    void work(const std::stop_token& stop, int thread);
    int describe(const Task& task) const;
    bool fill(const Task& task, const DecodeOptions& decode, Scratch& scratch);
    void keep(std::uint32_t sample, std::span<const std::uint8_t> photo);
    void note_broken(Job& job);

    const std::vector<Sample> samples_;
    const LoaderOptions options_;
    const std::uint64_t end_;  ///< the batch after the last of a pass; of training, out of reach

    std::mutex mutex_;  ///< guards all below; in a Job, a slot belongs to the thread that has its task
    std::condition_variable_any work_ready_, batch_ready_;
    SampleOrder order_;
    std::vector<Job> jobs_;  ///< a ring: batch k stands at k modulo its size
    std::uint64_t held_;     ///< the batch in the caller's hands; at first the one to come
    std::uint64_t next_;     ///< the batch to deliver
    std::uint64_t opened_;   ///< one past the batch whose tasks are being given out
    std::size_t next_slot_ = 0, open_slots_ = 0;  ///< of that batch
    std::vector<bool> known_broken_;              ///< of each sample: it was broken in a batch delivered
    std::vector<std::unique_ptr<std::uint8_t[]>> cache_;  ///< of each sample; stays once set
    std::size_t cache_left_;
    std::size_t reported_ = 0;
    std::exception_ptr failure_;

    std::vector<std::jthread> threads_;  ///< the last member: they end before what they use
};

}  // namespace emulsion
