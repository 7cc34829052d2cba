// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "data/loader.h"

#include <emulsion/error.h>
#include <algorithm>
#include <limits>
#include <utility>

#include "data/files.h"

namespace emulsion {
namespace {

LoaderOptions checked(LoaderOptions options, std::size_t samples) {
    const auto insist = [](bool right, const char* what) {
        if (!right) throw Error(Error::Kind::usage, std::string("loader: ") + what);
    };
    check_sizes(options.preprocessing);
    insist(options.batch >= 1, "a batch must hold at least one photo");
    insist(options.threads >= 1, "at least one thread is needed");
    insist(options.prefetch >= 1, "at least one batch must be fetched ahead");
    insist(samples <= std::numeric_limits<std::int32_t>::max(), "at most 2147483647 samples");
    if (samples == 0) throw Error(Error::Kind::data, "loader: there is no photo to load");
    return options;
}

}  // namespace

Loader::Loader(std::vector<Sample> samples, LoaderOptions options)
    : samples_(std::move(samples)),
      options_(checked(std::move(options), samples_.size())),
      end_(options_.repeat ? std::numeric_limits<std::uint64_t>::max() : batches_per_epoch()),
      order_(static_cast<std::uint32_t>(samples_.size()), options_.seed, options_.shuffle),
      held_(options_.first_batch),
      next_(options_.first_batch),
      opened_(options_.first_batch),
      known_broken_(samples_.size()),
      cache_(options_.cache_bytes > 0 ? samples_.size() : 0),
      cache_left_(options_.cache_bytes) {
    const auto slots = static_cast<std::size_t>(options_.batch);
    for (int i = 0; i < options_.prefetch + 1; ++i)
        jobs_.push_back({LoadedBatch(options_.batch, options_.preprocessing),
                         std::vector<std::uint32_t>(slots), std::vector<std::string>(slots), 0});
    for (int i = 0; i < options_.threads; ++i)
        threads_.emplace_back([this, i](const std::stop_token& stop) { work(stop, i); });
}

Loader::~Loader() {
    // All are told before the first is waited for.
    for (std::jthread& thread : threads_) thread.request_stop();
}

std::uint64_t Loader::batches_per_epoch() const {
    const auto batch = static_cast<std::uint64_t>(options_.batch);
    return (samples_.size() + batch - 1) / batch;
}

const LoadedBatch* Loader::next() {
    const Span span(options_.trace.get(), "wait for batch", "loader");
    std::unique_lock lock(mutex_);
    held_ = next_;  // what was delivered before is free again
    work_ready_.notify_all();
    if (next_ >= end_) return nullptr;
    batch_ready_.wait(lock, [this] { return failure_ || (next_ < opened_ && job_of(next_).waiting == 0); });
    if (failure_) std::rethrow_exception(failure_);
    Job& job = job_of(next_++);
    note_broken(job);
    const bool none_left = reported_ == samples_.size();
    lock.unlock();

    for (std::size_t slot = 0; slot < job.complaints.size(); ++slot)
        if (!job.complaints[slot].empty() && options_.on_broken)
            options_.on_broken(samples_[job.samples[slot]].path, job.complaints[slot]);
    if (none_left)
        throw Error(Error::Kind::data,
                    one_line("none of the " + std::to_string(samples_.size()) +
                             " photos can be used; the first is " + samples_.front().path));
    return &job.batch;
}

/// Marks what is newly broken, and forgets complaints that were made before.
void Loader::note_broken(Job& job) {
    for (std::size_t slot = 0; slot < job.complaints.size(); ++slot) {
        if (job.complaints[slot].empty()) continue;
        if (known_broken_[job.samples[slot]]) {
            job.complaints[slot].clear();
        } else {
            known_broken_[job.samples[slot]] = true;
            ++reported_;
        }
    }
}

bool Loader::task_waits() const {
    return next_slot_ < open_slots_ || (opened_ < end_ && opened_ - held_ < jobs_.size());
}

Loader::Task Loader::take_task() {
    if (next_slot_ == open_slots_) open_job(opened_++);
    Job& job = job_of(opened_ - 1);
    const std::size_t slot = next_slot_++;
    const std::uint32_t sample = job.samples[slot];
    const std::uint8_t* cached = cache_.empty() ? nullptr : cache_[sample].get();
    return {&job, slot, sample, cached, known_broken_[sample]};
}

/// Lays out the batch: which sample goes where. Runs under the lock, one batch after the other.
void Loader::open_job(std::uint64_t batch) {
    const auto slots = static_cast<std::uint64_t>(options_.batch);
    const std::uint64_t start = batch * slots;
    open_slots_ = options_.repeat ? slots : std::min(slots, samples_.size() - start);
    next_slot_ = 0;

    Job& job = job_of(batch);
    job.waiting = job.batch.valid = static_cast<int>(open_slots_);
    job.batch.index = batch;
    job.batch.broken = 0;
    std::fill(job.batch.labels.begin(), job.batch.labels.end(), no_label);
    for (std::string& complaint : job.complaints) complaint.clear();
    for (std::size_t i = 0; i < slots; ++i)
        job.batch.crops[i] =
            crop_at(start + i, options_.seed, options_.preprocessing, options_.random_crop, options_.mirror);
    for (std::size_t i = 0; i < open_slots_; ++i) job.samples[i] = order_.at(start + i);
    for (auto i = static_cast<int>(open_slots_); i < options_.batch; ++i)
        std::ranges::fill(job.batch.photo(i), std::uint8_t{0});
}

/// The number of what the trace says of a task.
int Loader::describe(const Task& task) const {
    if (!options_.trace) return 0;
    return options_.trace->describe(task.cached != nullptr ? "copy kept photo" : "load photo", "loader",
                                    {{"photo", samples_[task.sample].path}});
}

void Loader::work(const std::stop_token& stop, int thread) {
    if (options_.trace) options_.trace->name_thread(options_.track + " " + std::to_string(thread + 1));
    DecodeOptions decode = options_.decode;
    decode.stop = stop;
    Scratch scratch;
    std::unique_lock lock(mutex_);
    while (work_ready_.wait(lock, stop, [this] { return task_waits(); })) {
        const Task task = take_task();
        lock.unlock();
        bool good = false;
        std::exception_ptr failure;
        try {
            const Span span(options_.trace.get(), describe(task));
            good = fill(task, decode, scratch);
        } catch (...) {
            failure = std::current_exception();
        }
        lock.lock();
        if (failure && !failure_) failure_ = failure;
        if (!good) ++task.job->batch.broken;
        if (--task.job->waiting == 0 || failure_) batch_ready_.notify_all();
    }
}

/// Loads a photo into its slot; false, with the slot zero and without label, if it is broken.
bool Loader::fill(const Task& task, const DecodeOptions& decode, Scratch& scratch) {
    LoadedBatch& batch = task.job->batch;
    const Sample& sample = samples_[task.sample];
    const std::span<std::uint8_t> slot = batch.photo(static_cast<int>(task.slot));
    batch.labels[task.slot] = sample.label;
    if (task.cached != nullptr) {
        std::copy_n(task.cached, slot.size(), slot.begin());
        return true;
    }
    if (!task.known_broken) {
        try {
            load_photo(sample, options_.preprocessing, decode, scratch, slot);
            keep(task.sample, slot);
            return true;
        } catch (const Error& error) {
            if (error.kind() != Error::Kind::data) throw;
            task.job->complaints[task.slot] = error.what();
        }
    }
    batch.labels[task.slot] = no_label;
    std::ranges::fill(slot, std::uint8_t{0});
    return false;
}

/// Puts a photo into the cache while there is room. Nothing is ever put out: in random epochs every
/// photo is as likely as any other to come next.
void Loader::keep(std::uint32_t sample, std::span<const std::uint8_t> photo) {
    if (cache_.empty()) return;
    const std::lock_guard lock(mutex_);
    if (cache_left_ < photo.size() || cache_[sample] != nullptr) return;
    cache_[sample] = std::make_unique_for_overwrite<std::uint8_t[]>(photo.size());
    std::ranges::copy(photo, cache_[sample].get());
    cache_left_ -= photo.size();
}

}  // namespace emulsion
