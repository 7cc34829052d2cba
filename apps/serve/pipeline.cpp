// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/serve/pipeline.h"

#include <emulsion/error.h>
#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "apps/serve/memory_budget.h"
#include "apps/serve/occlusion.h"
#include "apps/serve/session_ladder.h"
#include "data/files.h"
#include "data/prepare.h"

namespace emulsion::serve {
namespace {

using Clock = std::chrono::steady_clock;

/// A photo as the net takes it.
struct Fitted {
    Pipeline::Ticket ticket;
    Clock::time_point deadline, since;
    std::vector<std::uint8_t> pixels;
};
struct Explained {
    Pipeline::Ticket ticket;
    Clock::time_point deadline;
    Occlusion occlusion;
};

struct TooLate {};

Answer answer_of(Outcome outcome, std::string message) {
    Answer answer;
    answer.outcome = outcome;
    answer.message = std::move(message);
    return answer;
}

Answer late() {
    return answer_of(Outcome::late, "the deadline came before the net did");
}

/// Written so that NaN is none either.
bool are_probabilities(std::span<const float> outputs) {
    return std::ranges::all_of(outputs, [](float each) { return each >= 0 && each <= 1; });
}

Answer no_probability() {
    return answer_of(Outcome::failed, "the net's answer is no probability");
}

Answer probability_of(std::span<const float> outputs) {
    if (!are_probabilities(outputs)) return no_probability();
    Answer answer;
    answer.outcome = Outcome::done;
    answer.probability = static_cast<double>(outputs[1]);
    return answer;
}

/// Refuses a net whose answer would be no probability, whatever the photo.
void require_judge(const NetDef& net, int outputs, const std::string& name) {
    const auto refuse = [&](const std::string& instead) {
        throw Error(Error::Kind::data,
                    one_line(name +
                             ": photos are judged by a net of two classes, the second the better one, "
                             "that ends in softmax; this one " +
                             instead));
    };
    if (outputs != 2) refuse("has " + std::to_string(outputs) + " outputs");
    if (net.layers.back().type != "softmax") refuse("ends in " + net.layers.back().type);
}

template <class Queue>
void drop_session(Queue& queue, std::uint64_t session) {
    std::erase_if(queue, [session](const auto& each) {
        if constexpr (requires { each->ticket; })
            return each->ticket.session == session;
        else
            return each.ticket.session == session;
    });
}

}  // namespace

struct Pipeline::Impl {
    Impl(const std::shared_ptr<const Model>& model, const std::string& name, const PipelineOptions& wanted,
         Callbacks told)
        : preprocessing(model->net().preprocessing),
          options(wanted),
          callbacks(std::move(told)),
          net(model, wanted.net),
          budget(wanted.decode_budget),
          photo_bytes(3 * static_cast<std::size_t>(preprocessing.height) *
                      static_cast<std::size_t>(preprocessing.width)),
          pixels(photo_bytes * static_cast<std::size_t>(net.batch())) {
        require_judge(model->net(), net.outputs(), name);
        for (int i = 0; i < options.decoders; ++i)
            threads.emplace_back([this](const std::stop_token& stop) { decode_photos(stop); });
        threads.emplace_back([this](const std::stop_token& stop) { run_net(stop); });
    }
    ~Impl() {
        for (std::jthread& thread : threads) thread.request_stop();  // all before the first is waited for
    }
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void decode_photos(const std::stop_token&);
    void decode(const Photo&, const std::stop_token&, Scratch&);
    void hand_over(const Photo&, std::vector<std::uint8_t>, const Framing&);
    void run_net(const std::stop_token&);
    void run_scores(std::unique_lock<std::mutex>&, const std::stop_token&);
    void score(std::vector<Fitted>&);
    void run_occlusion(std::unique_lock<std::mutex>&);
    bool advance(Explained&);
    void answer(const Ticket& ticket, Answer what, int batch = 0) const {
        callbacks.answered(ticket, std::move(what), batch);
    }

    const Preprocessing preprocessing;
    const PipelineOptions options;
    const Callbacks callbacks;
    SessionLadder net;  // the net's thread's
    MemoryBudget budget;
    const std::size_t photo_bytes;
    std::vector<std::uint8_t> pixels;  // of a batch; the net's thread's

    std::mutex mutex;
    std::condition_variable_any decode_ready, net_ready;
    // Under the mutex:
    std::deque<Photo> undecoded;
    int decoding = 0;
    std::deque<Fitted> scores;
    std::deque<std::shared_ptr<Explained>> occlusions;

    std::vector<std::jthread> threads;  // last: they use all the rest
};

// ---- decoding

void Pipeline::Impl::decode_photos(const std::stop_token& stop) {
    Scratch scratch;
    // What is kept is outside the budget: all decoders together keep a quarter of it at most.
    scratch.most_kept =
        std::min(scratch.most_kept, options.decode_budget / static_cast<std::size_t>(4 * options.decoders));
    std::unique_lock lock(mutex);
    while (decode_ready.wait(lock, stop, [this] { return !undecoded.empty(); }) && !stop.stop_requested()) {
        const Photo photo = std::move(undecoded.front());
        undecoded.pop_front();
        ++decoding;
        lock.unlock();
        decode(photo, stop, scratch);
        lock.lock();
        --decoding;
        net_ready.notify_one();  // it may have waited for this one alone
    }
}

void Pipeline::Impl::decode(const Photo& photo, const std::stop_token& stop, Scratch& scratch) {
    MemoryBudget::Share share(budget);
    DecodeOptions decode;
    decode.most_pixels = options.most_pixels;
    decode.most_side = options.most_side;
    decode.most_bytes = options.most_bytes;
    decode.stop = stop;
    decode.deadline = photo.deadline;
    decode.admit = [&](std::size_t bytes) {
        if (!share.take(bytes, photo.deadline, stop)) throw TooLate{};
    };
    try {
        if (photo.deadline <= Clock::now()) throw TooLate{};
        std::vector<std::uint8_t> fitted(photo_bytes);
        const Framing framing = load_photo(photo.file, "photo", preprocessing, decode, scratch, fitted);
        hand_over(photo, std::move(fitted), framing);
    } catch (const TooLate&) {
        answer(photo.ticket, late());
    } catch (const Error& error) {
        if (error.kind() == Error::Kind::data) {
            answer(photo.ticket, answer_of(Outcome::bad_photo, error.what()));
        } else if (decode.is_over()) {
            answer(photo.ticket, late());
        } else {
            answer(photo.ticket, answer_of(Outcome::failed, error.what()));
        }
    } catch (const std::exception& error) {
        answer(photo.ticket,
               answer_of(Outcome::failed, one_line(std::string("the worker: ") + error.what())));
    }
}

void Pipeline::Impl::hand_over(const Photo& photo, std::vector<std::uint8_t> fitted, const Framing& framing) {
    if (photo.task == Task::score) {
        const std::lock_guard lock(mutex);
        scores.push_back({photo.ticket, photo.deadline, Clock::now(), std::move(fitted)});
        return;
    }
    const Grid grid = grid_of(framing, options.long_side, options.short_side);
    auto explained = std::make_shared<Explained>(
        Explained{photo.ticket, photo.deadline, Occlusion(std::move(fitted), framing, preprocessing, grid)});
    const std::lock_guard lock(mutex);
    occlusions.push_back(std::move(explained));
}

// ---- the net

void Pipeline::Impl::run_net(const std::stop_token& stop) {
    try {
        std::unique_lock lock(mutex);
        const auto ready = [this] { return !(scores.empty() && occlusions.empty()); };
        while (net_ready.wait(lock, stop, ready) && !stop.stop_requested()) {
            if (!scores.empty()) {
                run_scores(lock, stop);
            } else {
                run_occlusion(lock);
            }
        }
    } catch (const std::exception& error) {
        callbacks.failed(one_line(error.what()));
    }
}

void Pipeline::Impl::run_scores(std::unique_lock<std::mutex>& lock, const std::stop_token& stop) {
    const auto batch = static_cast<std::size_t>(net.batch());
    net_ready.wait_until(lock, stop, scores.front().since + options.delay, [&] {
        const bool nothing_comes = undecoded.empty() && decoding == 0;
        return scores.empty() || scores.size() >= batch || nothing_comes;
    });
    const auto end = scores.begin() + static_cast<std::ptrdiff_t>(std::min(batch, scores.size()));
    std::vector<Fitted> photos(std::make_move_iterator(scores.begin()), std::make_move_iterator(end));
    scores.erase(scores.begin(), end);
    lock.unlock();
    score(photos);
    lock.lock();
}

void Pipeline::Impl::score(std::vector<Fitted>& photos) {
    const Clock::time_point now = Clock::now();
    const auto is_late = [now](const Fitted& photo) { return photo.deadline <= now; };
    for (const Fitted& photo : photos)
        if (is_late(photo)) answer(photo.ticket, late());
    std::erase_if(photos, is_late);
    if (photos.empty()) return;

    for (std::size_t i = 0; i < photos.size(); ++i)
        std::ranges::copy(photos[i].pixels, pixels.begin() + static_cast<std::ptrdiff_t>(i * photo_bytes));
    const auto count = static_cast<int>(photos.size());
    const std::span<const float> outputs =
        net.run(std::span(pixels).first(photos.size() * photo_bytes), count);
    for (std::size_t i = 0; i < photos.size(); ++i)
        answer(photos[i].ticket, probability_of(outputs.subspan(2 * i, 2)), count);
}

/// One batch of the first; the next time the scores that came meanwhile go before it.
void Pipeline::Impl::run_occlusion(std::unique_lock<std::mutex>& lock) {
    const std::shared_ptr<Explained> first = occlusions.front();
    lock.unlock();
    const bool over = advance(*first);
    lock.lock();
    // It may have been forgotten meanwhile.
    if (over) std::erase(occlusions, first);
}

bool Pipeline::Impl::advance(Explained& explained) {
    if (explained.deadline <= Clock::now()) {
        answer(explained.ticket, late());
        return true;
    }
    const int count = explained.occlusion.next(net.batch(), pixels);
    const std::span<const float> outputs =
        net.run(std::span(pixels).first(static_cast<std::size_t>(count) * photo_bytes), count);
    if (!are_probabilities(outputs)) {
        answer(explained.ticket, no_probability());
        return true;
    }
    explained.occlusion.take(outputs);
    if (!explained.occlusion.complete()) return false;

    Answer answered;
    answered.outcome = Outcome::done;
    answered.probability = static_cast<double>(explained.occlusion.probability());
    answered.rows = explained.occlusion.grid().rows;
    answered.columns = explained.occlusion.grid().columns;
    answered.falls = explained.occlusion.falls();
    answer(explained.ticket, std::move(answered));
    return true;
}

// ---- everybody's

Pipeline::Pipeline(const std::shared_ptr<const Model>& model, const std::string& model_name,
                   const PipelineOptions& options, Callbacks callbacks)
    : impl_(std::make_unique<Impl>(model, model_name, options, std::move(callbacks))) {}

Pipeline::~Pipeline() = default;

void Pipeline::add(Photo photo) {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->undecoded.push_back(std::move(photo));
    }
    impl_->decode_ready.notify_one();
}

void Pipeline::forget(std::uint64_t session) {
    const std::lock_guard lock(impl_->mutex);
    drop_session(impl_->undecoded, session);
    drop_session(impl_->scores, session);
    drop_session(impl_->occlusions, session);
}

const std::string& Pipeline::device() const {
    return impl_->net.device();
}

int Pipeline::appetite() const {
    return 2 * impl_->net.batch() + impl_->options.decoders;
}

}  // namespace emulsion::serve
