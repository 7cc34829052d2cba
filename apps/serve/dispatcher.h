// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Which job goes to which worker, and what becomes of it: the gateway without its socket, its thread and its
// clock, so that every race can be played through in a test.
//
// The invariant behind "answered exactly once": a job taken is one Pending, which can be moved but not copied
// and lies in exactly one place, a queue or what one worker holds. Its `done` leaves it in finish() alone,
// together with an answer, for the list of take_finished(). A Pending that waits in a worker's list without
// `done` is answered already: it only keeps the worker's credit taken until the worker has spoken.
#pragma once

#include <emulsion/log.h>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "apps/serve/backend.h"
#include "apps/serve/protocol.h"

namespace emulsion::serve {

struct DispatchOptions {
    std::size_t most_jobs = 256;  ///< taken and not yet answered, wherever they are; more are refused as full
    std::size_t most_bytes = std::size_t{256} << 20;  ///< of their photos
    std::size_t most_workers = 256;
    std::chrono::milliseconds heartbeat{1000};  ///< a worker hears from the gateway this often
    std::chrono::milliseconds silence{5000};    ///< a worker that says nothing for so long is dead
    /// For so long jobs wait for a worker to come when none is there: workers come back from a gateway's
    /// restart, and a worker from its own, within seconds. After that, jobs are answered no_worker, new ones
    /// at once, until a worker has come.
    std::chrono::milliseconds grace{10'000};
};

class Dispatcher {
   public:
    using Time = std::chrono::steady_clock::time_point;
    using Done = std::function<void(Answer)>;
    using Photo = std::shared_ptr<const std::vector<std::byte>>;
    /// What the socket calls a worker's connection.
    using Peer = std::string;

    /// An answer on its way out: `done(answer)` is to be called, with no lock held.
    struct Finished {
        Done done;
        Answer answer;
    };
    /// A message to be sent.
    struct Parcel {
        Peer to;
        std::uint64_t session;
        FromGateway message;
        Photo photo;    ///< of a job
        Time deadline;  ///< likewise; the message's time left is to be reckoned from it when it is sent
    };

    Dispatcher(const DispatchOptions&, Log, Time now);

    void submit(Job, Done, Time now);
    /// A message, or what could not be read as one.
    void receive(const Peer&, Read<FromWorker>, Time now);
    /// A parcel is on its way. A job that never was is no job of the worker's that it was meant for: when
    /// that one is lost, the job counts as not given.
    void sent(const Parcel&);
    /// A parcel could not be sent: the connection is gone.
    void unreachable(const Peer&, Time now);
    /// Whatever is due: heartbeats, deadlines, the dead. To be called at wake_up(), or earlier.
    void tick(Time now);
    Time wake_up(Time now) const;

    /// From now on jobs are answered `stopping`; those taken go on.
    void stop_taking() { stopping_ = true; }
    /// Answers `stopping` to all that is left, and tells the workers that nothing more will come.
    void give_up();
    bool idle() const { return taken_jobs_ == 0; }  ///< no job that is taken waits for its answer

    std::vector<Finished> take_finished() { return std::exchange(finished_, {}); }
    std::vector<Parcel> take_parcels() { return std::exchange(parcels_, {}); }
    BackendState state() const;

   private:
    struct Pending {
        Pending(std::uint64_t job_number, Job taken, Done told)
            : number(job_number), job(std::move(taken)), done(std::move(told)) {}
        Pending(Pending&&) = default;
        Pending& operator=(Pending&&) = default;
        Pending(const Pending&) = delete;
        Pending& operator=(const Pending&) = delete;
        ~Pending() = default;

        std::uint64_t number;
        Job job;
        Done done;      ///< null: answered
        int given = 0;  ///< to how many workers it has been sent
    };
    struct Worker {
        std::uint64_t session = 0;
        WorkerFacts facts;
        std::map<std::uint64_t, Pending> held;  ///< by number
        Time heard, spoken_to;
        bool leaving = false;  ///< gets no more
    };
    using Workers = std::map<Peer, Worker>;

    void welcome(const Peer&, std::uint64_t session, Ready&&, Time now);
    void take_result(Workers::iterator, Result&&);
    void take_leave(Workers::iterator, const Bye&, Time now);
    void say(const Peer&, std::uint64_t session, FromGateway);

    void assign(Time now);
    Workers::iterator choose(Task, Time now);
    std::string unused_name(const std::string& wanted) const;
    void warn(const std::string&) const;
    void give(Pending, Workers::iterator);
    void lose(Workers::iterator, Time now, const std::string& why);
    void take_back(Pending);
    void finish(Pending&, Outcome, const std::string& message);
    void finish(Pending&, Answer);
    void answer_late(Time now);
    void answer_nobody_there(Time now);
    void forgive_own_pause(Time now);
    void note_alone(Time now);
    std::deque<Pending>& queue(Task task) { return queues_[static_cast<std::size_t>(task)]; }

    DispatchOptions options_;
    Log log_;
    std::array<std::deque<Pending>, 2> queues_;  ///< of each task, the next in front; scores go first
    Workers workers_;
    ModelFacts model_;
    std::optional<Time> alone_since_;  ///< no worker takes jobs
    Time last_tick_;
    bool stopping_ = false;
    std::uint64_t last_number_ = 0, given_again_ = 0;
    std::size_t taken_jobs_ = 0, taken_bytes_ = 0;
    std::vector<std::uint64_t> photos_by_batch_;  ///< [n]: photos that came back from batches of n
    std::vector<Finished> finished_;
    std::vector<Parcel> parcels_;
};

}  // namespace emulsion::serve
