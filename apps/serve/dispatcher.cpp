// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/serve/dispatcher.h"

#include <algorithm>
#include <utility>

namespace emulsion::serve {
namespace {

/// Of a worker's credits, those that occlusions may take: each is dozens of photos' work, and scores are not
/// to wait behind them.
int occlusion_share(int credits) {
    return std::max(1, credits / 4);
}

template <class Held>
int occlusions_in(const Held& held) {
    return static_cast<int>(std::ranges::count_if(
        held, [](const auto& entry) { return entry.second.job.task == Task::occlusion; }));
}

}  // namespace

Dispatcher::Dispatcher(const DispatchOptions& options, Log log, Time now)
    : options_(options), log_(std::move(log)), alone_since_(now), last_tick_(now) {}

// ---- jobs in

void Dispatcher::submit(Job job, Done done, Time now) {
    Pending pending(++last_number_, std::move(job), std::move(done));
    const std::size_t bytes = pending.job.photo->size();
    ++taken_jobs_;
    taken_bytes_ += bytes;
    if (stopping_) return finish(pending, Outcome::stopping, "the server is stopping");
    if (pending.job.deadline <= now) return finish(pending, Outcome::late, "the deadline came first");
    if (alone_since_ && now - *alone_since_ >= options_.grace)
        return finish(pending, Outcome::no_worker, "no worker is connected");
    if (taken_jobs_ > options_.most_jobs || taken_bytes_ > options_.most_bytes)
        return finish(pending, Outcome::full, "too many photos are waiting; try again later");
    queue(pending.job.task).push_back(std::move(pending));
    assign(now);
}

// ---- answers out

void Dispatcher::finish(Pending& pending, Outcome outcome, const std::string& message) {
    Answer answer;
    answer.outcome = outcome;
    answer.message = message;
    finish(pending, std::move(answer));
}

void Dispatcher::finish(Pending& pending, Answer answer) {
    --taken_jobs_;
    taken_bytes_ -= pending.job.photo->size();
    finished_.push_back({std::exchange(pending.done, nullptr), std::move(answer)});
    pending.job.photo.reset();
}

void Dispatcher::answer_late(Time now) {
    const auto late = [now](const Pending& pending) { return pending.done && pending.job.deadline <= now; };
    for (std::deque<Pending>& each : queues_) {
        for (Pending& pending : each)
            if (late(pending)) finish(pending, Outcome::late, "the deadline came before a worker was free");
        std::erase_if(each, [](const Pending& pending) { return !pending.done; });
    }
    for (auto& [peer, worker] : workers_)
        for (auto& [number, pending] : worker.held)
            if (late(pending)) finish(pending, Outcome::late, "the deadline came before the answer");
}

void Dispatcher::answer_nobody_there(Time now) {
    if (!alone_since_ || now - *alone_since_ < options_.grace) return;
    for (std::deque<Pending>& each : queues_) {
        for (Pending& pending : each) finish(pending, Outcome::no_worker, "no worker is connected");
        each.clear();
    }
}

void Dispatcher::give_up() {
    stopping_ = true;
    for (std::deque<Pending>& each : queues_) {
        for (Pending& pending : each) finish(pending, Outcome::stopping, "the server is stopping");
        each.clear();
    }
    for (auto& [peer, worker] : workers_) {
        for (auto& [number, pending] : worker.held)
            if (pending.done) finish(pending, Outcome::stopping, "the server is stopping");
        say(peer, worker.session, Stop{});
    }
    workers_.clear();
}

// ---- from job to worker

/// Gives out what waits for as long as somebody takes it.
void Dispatcher::assign(Time now) {
    for (std::deque<Pending>& waiting : queues_) {
        while (!waiting.empty()) {
            const auto worker = choose(waiting.front().job.task, now);
            if (worker == workers_.end()) break;
            Pending pending = std::move(waiting.front());
            waiting.pop_front();
            if (pending.job.deadline <= now) {
                finish(pending, Outcome::late, "the deadline came before a worker was free");
            } else {
                give(std::move(pending), worker);
            }
        }
    }
}

/// The worker with the most credits left. One that has not been heard for a while may be dead: it keeps what
/// it has, and gets no more.
Dispatcher::Workers::iterator Dispatcher::choose(Task task, Time now) {
    auto best = workers_.end();
    int most = 0;
    for (auto each = workers_.begin(); each != workers_.end(); ++each) {
        const Worker& worker = each->second;
        const int left = worker.facts.credits - static_cast<int>(worker.held.size());
        const bool takes =
            task == Task::score || occlusions_in(worker.held) < occlusion_share(worker.facts.credits);
        const bool doubtful = now - worker.heard >= options_.silence / 2;
        if (worker.leaving || doubtful || !takes || left <= most) continue;
        best = each;
        most = left;
    }
    return best;
}

void Dispatcher::give(Pending pending, Workers::iterator to) {
    auto& [peer, worker] = *to;
    const GivenJob job{pending.number, pending.job.request_id, pending.job.task, {}};
    parcels_.push_back({peer, worker.session, job, pending.job.photo, pending.job.deadline});
    worker.held.emplace(pending.number, std::move(pending));
}

void Dispatcher::sent(const Parcel& parcel) {
    const auto* const job = std::get_if<GivenJob>(&parcel.message);
    const auto worker = workers_.find(parcel.to);
    if (job == nullptr || worker == workers_.end() || worker->second.session != parcel.session) return;
    const auto held = worker->second.held.find(job->number);
    if (held != worker->second.held.end()) ++held->second.given;
}

/// A worker is gone: its jobs go back to where they stood in the queue, which is its head; those that it was
/// the second to lose are lost. Nothing is given out here, as the next worker may be about to be found gone
/// too.
void Dispatcher::lose(Workers::iterator gone, Time now, const std::string& why) {
    Worker worker = std::move(gone->second);
    workers_.erase(gone);
    note_alone(now);
    warn("worker " + worker.facts.name + ": " + why + "; " + std::to_string(worker.held.size()) +
         " jobs were with it");
    for (auto& [number, pending] : worker.held) {
        if (!pending.done) continue;
        if (pending.given >= 2) {
            warn("request " + pending.job.request_id + ": lost with its second worker");
            finish(pending, Outcome::lost, "two workers were lost over this photo");
            continue;
        }
        if (pending.given == 1) {
            ++given_again_;
            warn("request " + pending.job.request_id + ": given to another worker");
        }
        take_back(std::move(pending));
    }
}

/// A queue is always in the order in which jobs came.
void Dispatcher::take_back(Pending pending) {
    std::deque<Pending>& waiting = queue(pending.job.task);
    const auto later = std::ranges::upper_bound(waiting, pending.number, {}, &Pending::number);
    waiting.insert(later, std::move(pending));
}

void Dispatcher::note_alone(Time now) {
    const bool served = std::ranges::any_of(workers_, [](const auto& each) { return !each.second.leaving; });
    if (served) {
        alone_since_.reset();
    } else if (!alone_since_) {
        alone_since_ = now;
    }
}

// ---- what workers say

void Dispatcher::say(const Peer& to, std::uint64_t session, FromGateway message) {
    parcels_.push_back({to, session, std::move(message), nullptr, {}});
}

void Dispatcher::receive(const Peer& from, Read<FromWorker> read, Time now) {
    auto known = workers_.find(from);
    if (!read.message) {
        say(from, read.session, Refused{read.why});
        if (known != workers_.end()) lose(known, now, read.why);
        return assign(now);
    }
    if (auto* const ready = std::get_if<Ready>(&*read.message)) {
        welcome(from, read.session, std::move(*ready), now);
        return assign(now);
    }
    if (known == workers_.end() || known->second.session != read.session) {
        // Of a session that is over. Its heartbeat shows that the worker does not know it.
        if (std::holds_alternative<Heartbeat>(*read.message)) say(from, read.session, Again{});
        return;
    }
    known->second.heard = now;
    if (auto* const result = std::get_if<Result>(&*read.message)) take_result(known, std::move(*result));
    if (const auto* const bye = std::get_if<Bye>(&*read.message)) take_leave(known, *bye, now);
    assign(now);
}

void Dispatcher::welcome(const Peer& from, std::uint64_t session, Ready&& ready, Time now) {
    const auto known = workers_.find(from);
    if (known != workers_.end()) {
        if (known->second.session == session) return;
        lose(known, now, "begins anew");
    }
    const auto refuse = [&](const std::string& why) {
        warn("worker " + ready.name + " is refused: " + why);
        say(from, session, Refused{why});
    };
    if (workers_.size() >= options_.most_workers)
        return refuse("there are " + std::to_string(options_.most_workers) + " workers already");
    if (model_.fingerprint.empty()) model_ = ready.model;
    if (model_.fingerprint != ready.model.fingerprint)
        return refuse("its model " + ready.model.name + " is not the one that is served here, " +
                      model_.name);

    std::string name = unused_name(ready.name);
    if (log_) log_(LogLevel::info, "worker " + name + " has come (" + ready.device + ")");
    Worker& worker = workers_[from];
    worker.session = session;
    worker.facts = {std::move(name), std::move(ready.device), ready.credits, 0};
    worker.heard = worker.spoken_to = now;
    say(from, session, Heartbeat{});
    note_alone(now);
}

/// Two machines may be called the same, and what is said of them is to be told apart.
std::string Dispatcher::unused_name(const std::string& wanted) const {
    std::string name = wanted;
    const auto is_used = [&](const auto& each) { return each.second.facts.name == name; };
    for (int n = 2; std::ranges::any_of(workers_, is_used); ++n) name = wanted + "-" + std::to_string(n);
    return name;
}

void Dispatcher::take_result(Workers::iterator from, Result&& result) {
    Worker& worker = from->second;
    const auto held = worker.held.find(result.job);
    if (held == worker.held.end()) return;  // said twice, or never given
    if (result.batch > 0) {
        const auto n = static_cast<std::size_t>(result.batch);
        if (photos_by_batch_.size() <= n) photos_by_batch_.resize(n + 1);
        ++photos_by_batch_[n];
    }
    if (held->second.done) {
        if (result.answer.outcome == Outcome::failed)
            warn("request " + held->second.job.request_id + ": worker " + worker.facts.name +
                 " failed: " + result.answer.message);
        result.answer.worker = worker.facts.name;
        finish(held->second, std::move(result.answer));
    }
    worker.held.erase(held);
    if (worker.leaving && worker.held.empty()) workers_.erase(from);
}

void Dispatcher::take_leave(Workers::iterator from, const Bye& bye, Time now) {
    Worker& worker = from->second;
    say(from->first, worker.session, Stop{});
    if (bye.gives_back) return lose(from, now, "gives up");
    worker.leaving = true;
    if (log_) log_(LogLevel::info, "worker " + worker.facts.name + " takes its leave");
    if (worker.held.empty()) workers_.erase(from);
    note_alone(now);
}

void Dispatcher::unreachable(const Peer& peer, Time now) {
    const auto worker = workers_.find(peer);
    if (worker == workers_.end()) return;
    lose(worker, now, "the connection is gone");
    assign(now);
}

void Dispatcher::warn(const std::string& what) const {
    if (log_) log_(LogLevel::warning, what);
}

// ---- time

void Dispatcher::tick(Time now) {
    forgive_own_pause(now);
    std::vector<Peer> silent;
    for (auto& [peer, worker] : workers_) {
        if (now - worker.heard >= options_.silence) silent.push_back(peer);
        if (now - worker.spoken_to < options_.heartbeat) continue;
        worker.spoken_to = now;
        say(peer, worker.session, Heartbeat{});
    }
    for (const Peer& peer : silent) lose(workers_.find(peer), now, "says nothing any more");
    answer_late(now);
    answer_nobody_there(now);
    assign(now);
}

/// Where this process itself stood still, the workers could not be heard.
void Dispatcher::forgive_own_pause(Time now) {
    const auto pause = now - std::exchange(last_tick_, now);
    if (pause < options_.silence / 2) return;
    for (auto& [peer, worker] : workers_) worker.heard = std::min(worker.heard + pause, now);
}

Dispatcher::Time Dispatcher::wake_up(Time now) const {
    Time next = now + options_.heartbeat;
    const auto at = [&next](Time time) { next = std::min(next, time); };
    for (const std::deque<Pending>& each : queues_)
        for (const Pending& pending : each) at(pending.job.deadline);
    for (const auto& [peer, worker] : workers_) {
        at(std::min(worker.spoken_to + options_.heartbeat, worker.heard + options_.silence));
        for (const auto& [number, pending] : worker.held)
            if (pending.done) at(pending.job.deadline);
    }
    if (alone_since_ && !(queues_[0].empty() && queues_[1].empty())) at(*alone_since_ + options_.grace);
    return std::max(next, now);
}

BackendState Dispatcher::state() const {
    BackendState state;
    state.model = model_;
    for (const auto& [peer, worker] : workers_) {
        state.workers.push_back(worker.facts);
        state.workers.back().jobs = static_cast<int>(worker.held.size());
    }
    for (const std::deque<Pending>& each : queues_) {
        state.queued_jobs += each.size();
        for (const Pending& pending : each) state.queued_bytes += pending.job.photo->size();
    }
    for (std::size_t n = 0; n < photos_by_batch_.size(); ++n)
        state.batches.push_back(n == 0 ? 0 : (photos_by_batch_[n] + n - 1) / n);
    state.jobs_given_again = given_again_;
    return state;
}

}  // namespace emulsion::serve
