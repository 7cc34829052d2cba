// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// One thread speaks for the worker: it owns the socket, and is woken by the pipeline's threads. It is in one
// of three states:
//   apart    no session; waits until the socket can send, which it can only once it is connected
//   joined   from Ready on; answers jobs, and goes apart when the gateway stays silent or says Again or Stop
//   leaving  from stop() on; answers what it holds, after the gateway has said that no more will come
// All that a session held is forgotten with it: the gateway gives those jobs to somebody else.
#include "apps/serve/worker.h"

#include <unistd.h>

#include <emulsion/error.h>
#include <algorithm>
#include <array>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "apps/serve/keys.h"
#include "apps/serve/model_facts.h"
#include "apps/serve/wire.h"
#include "data/files.h"

namespace emulsion::serve {
namespace {

using Clock = std::chrono::steady_clock;

/// An answer on its way to the gateway.
struct Outgoing {
    Pipeline::Ticket ticket;
    Result result;
};

std::string host_name() {
    std::array<char, 256> name{};
    if (gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "worker";
    return name.data();
}

WorkerOptions checked(WorkerOptions options) {
    if (options.keys.empty() && !options.insecure && !is_local(options.endpoint))
        throw Error(
            Error::Kind::usage,
            one_line(options.endpoint + ": another machine is reached with keys (`emulsion keys DIR` there, "
                                        "then --keys DIR); --insecure goes without"));
    if (options.name.empty()) options.name = host_name();
    return options;
}

}  // namespace

struct Worker::Impl {
    Impl(std::shared_ptr<zmq::context_t> shared, const std::shared_ptr<const Model>& judge,
         const std::string& model_name, WorkerOptions wanted)
        : options(checked(std::move(wanted))),
          context(std::move(shared)),
          model(facts_of(*judge, model_name)),
          pipeline(judge, model_name, options.pipeline,
                   {[this](const auto& ticket, Answer answer, int batch) {
                        note(ticket, std::move(answer), batch);
                    },
                    [this](const std::string& why) { note_failure("the net failed: " + why); }}) {
        connect();
        thread = std::thread([this] { run(); });
    }

    // Any thread:
    void note(const Pipeline::Ticket&, Answer, int batch);
    void note_failure(const std::string& why);
    void stop();

    // The worker's own:
    void connect();
    void run() noexcept;
    bool step();
    Clock::time_point wake_up() const;
    void join();
    void part(const std::string& why);
    void reconnect(std::chrono::milliseconds rest);
    void complain_once();
    void keep_time();
    void take_messages();
    void handle(const Read<FromGateway>&, std::vector<zmq::message_t>& frames);
    void take_job(const GivenJob&, zmq::message_t photo);
    void send_answers();
    void say(const FromWorker&);
    bool leave();
    bool told_to_stop() const;
    int credits() const { return std::min(pipeline.appetite(), most_credits); }
    void log(LogLevel level, const std::string& what) const {
        if (options.log) options.log(level, one_line("worker " + options.name + ": " + what));
    }

    const WorkerOptions options;
    const std::shared_ptr<zmq::context_t> context;
    const ModelFacts model;
    Wake wake;

    mutable std::mutex mutex;
    mutable std::condition_variable ended;
    // Under the mutex:
    std::vector<Outgoing> outbox;
    std::string failure;
    bool stopping = false, over = false;
    int jobs = 0;

    // The thread's, once it runs:
    std::optional<zmq::socket_t> socket;
    std::uint64_t session = 0;                  // 0: apart
    std::map<std::uint64_t, std::string> held;  // jobs of this session that are not answered: their requests
    bool welcomed = false;                      // the gateway has spoken in this session
    bool complained = false;                    // that nobody answers; once until somebody does
    bool said_bye = false, no_more = false;
    Clock::time_point connected, heard, spoken, apart_since = Clock::now(), rest_until = apart_since,
                                                leave_until;

    Pipeline pipeline;  // its threads call note()
    std::mutex stop_mutex;
    std::thread thread;
};

// ---- what the pipeline says

void Worker::Impl::note(const Pipeline::Ticket& ticket, Answer answer, int batch) {
    {
        const std::lock_guard lock(mutex);
        outbox.push_back({ticket, {ticket.job, batch, std::move(answer)}});
    }
    wake.ring();
}

void Worker::Impl::note_failure(const std::string& why) {
    {
        const std::lock_guard lock(mutex);
        if (failure.empty()) failure = why;
    }
    wake.ring();
}

// ---- connecting

void Worker::Impl::connect() {
    connected = Clock::now();
    socket.emplace(*context, zmq::socket_type::dealer);
    prepare(*socket, options.endpoint);
    // Nothing is queued for a gateway that is not there: by the time that it comes, it would mean nothing.
    socket->set(zmq::sockopt::immediate, true);
    socket->set(zmq::sockopt::reconnect_ivl, 100);
    socket->set(zmq::sockopt::reconnect_ivl_max, 5000);
    socket->set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(options.pipeline.most_bytes));
    if (!options.keys.empty()) use_worker_key(*socket, options.keys, options.key_name);
    try {
        socket->connect(options.endpoint);
    } catch (const zmq::error_t& error) {
        throw Error(Error::Kind::usage,
                    one_line(options.endpoint + ": cannot be connected to: " + error.what()));
    }
}

/// Opens a session; the socket can send.
void Worker::Impl::join() {
    session = std::max<std::uint64_t>(random_number(), 1);
    welcomed = false;
    heard = Clock::now();
    say(Ready{options.name, pipeline.device(), credits(), model});
}

/// Ends the session; what it held is somebody else's now.
void Worker::Impl::part(const std::string& why) {
    if (welcomed) log(LogLevel::warning, why + "; joining again at " + options.endpoint);
    pipeline.forget(session);
    session = 0;
    welcomed = false;
    held.clear();
    apart_since = Clock::now();
}

/// A connection that is half dead would not show it; a new one is made after a rest.
void Worker::Impl::reconnect(std::chrono::milliseconds rest) {
    rest_until = Clock::now() + rest;
    socket->set(zmq::sockopt::linger, 0);
    socket.reset();
    connect();
}

void Worker::Impl::complain_once() {
    if (std::exchange(complained, true)) return;
    const char* const hint =
        options.keys.empty() ? "" : " (a gateway answers only those whose public key it has)";
    log(LogLevel::warning, "nobody answers at " + options.endpoint + hint + "; trying on");
}

// ---- the thread

void Worker::Impl::run() noexcept {
    try {
        while (step()) {
        }
    } catch (const std::exception& error) {
        note_failure(error.what());
    }
    const std::lock_guard lock(mutex);
    // Lingers for a moment, so that the last answers go out.
    socket.reset();
    if (!failure.empty()) log(LogLevel::warning, failure);
    over = true;
    ended.notify_all();
}

/// Waits for something, and does what is due. False at the end.
bool Worker::Impl::step() {
    const bool may_join = session == 0 && Clock::now() >= rest_until && !told_to_stop();
    const auto wanted = static_cast<short>(may_join ? ZMQ_POLLIN | ZMQ_POLLOUT : ZMQ_POLLIN);
    std::vector<zmq::pollitem_t> items = {{socket->handle(), 0, wanted, 0}, wake.item()};
    poll(items, wake_up());
    wake.clear();
    if (may_join && (items[0].revents & ZMQ_POLLOUT) != 0) join();
    take_messages();
    send_answers();
    if (told_to_stop() && leave()) return false;
    keep_time();
    const std::lock_guard lock(mutex);
    jobs = static_cast<int>(held.size());
    return true;
}

Clock::time_point Worker::Impl::wake_up() const {
    if (session == 0) {
        const Clock::time_point complaint =
            complained ? Clock::time_point::max() : apart_since + options.silence;
        return std::min(
            {std::max(rest_until, Clock::now()) + options.heartbeat, connected + options.silence, complaint});
    }
    return std::min(spoken + options.heartbeat, heard + options.silence);
}

void Worker::Impl::keep_time() {
    const Clock::time_point now = Clock::now();
    if (!welcomed && now - apart_since >= options.silence) complain_once();
    // Inside a process nothing connects again by itself.
    if (session == 0 && now - connected >= options.silence) reconnect(std::chrono::milliseconds(0));
    if (session == 0) return;
    if (now - heard >= options.silence) {
        part("the gateway is silent");
        reconnect(std::chrono::milliseconds(0));
    } else if (now - spoken >= options.heartbeat) {
        say(Heartbeat{});
    }
}

void Worker::Impl::take_messages() {
    constexpr std::size_t most = 2;  // frames, of a job
    std::vector<zmq::message_t> frames;
    while (receive(*socket, most, frames)) {
        const Read<FromGateway> read = read_from_gateway(views(frames));
        // What belongs to a session that is over is nobody's; what could not be read belongs to none.
        if (read.session == session || read.session == 0) handle(read, frames);
    }
}

void Worker::Impl::handle(const Read<FromGateway>& read, std::vector<zmq::message_t>& frames) {
    if (!read.message) {
        part(read.why);
        return reconnect(options.heartbeat);
    }
    heard = Clock::now();
    if (const auto* const refused = std::get_if<Refused>(&*read.message)) {
        note_failure("refused by the gateway: " + refused->why);
    } else if (session == 0) {
        return;
    } else if (std::holds_alternative<Again>(*read.message)) {
        part("the gateway knows nothing of this worker any more");
    } else if (std::holds_alternative<Stop>(*read.message)) {
        no_more = true;
        if (said_bye) return;
        part("the gateway stops");
        reconnect(options.heartbeat);
    } else {
        if (!std::exchange(welcomed, true)) log(LogLevel::info, "joined the gateway at " + options.endpoint);
        complained = false;
        if (const auto* const job = std::get_if<GivenJob>(&*read.message))
            take_job(*job, std::move(frames[1]));
    }
}

void Worker::Impl::take_job(const GivenJob& job, zmq::message_t photo) {
    // The same twice, or more than was asked for, no gateway of ours sends.
    if (static_cast<int>(held.size()) >= credits() || !held.emplace(job.number, job.request_id).second)
        return;
    const auto owner = std::make_shared<zmq::message_t>(std::move(photo));
    pipeline.add({{session, job.number},
                  job.task,
                  Clock::now() + job.left,
                  {static_cast<const std::byte*>(owner->data()), owner->size()},
                  owner});
}

void Worker::Impl::send_answers() {
    std::vector<Outgoing> answers;
    {
        const std::lock_guard lock(mutex);
        answers.swap(outbox);
    }
    for (Outgoing& each : answers) {
        const auto job = each.ticket.session == session ? held.find(each.ticket.job) : held.end();
        if (job == held.end()) continue;
        const Answer& answer = each.result.answer;
        if (answer.outcome == Outcome::failed)
            log(LogLevel::warning, "request " + job->second + ": failed: " + answer.message);
        held.erase(job);
        say(std::move(each.result));
    }
}

void Worker::Impl::say(const FromWorker& message) {
    spoken = Clock::now();
    std::vector<zmq::message_t> frames;
    frames.push_back(copied_frame(write_message(session, message)));
    // Where it cannot be sent the connection is gone, and the gateway sees that as well.
    send(*socket, std::move(frames));
}

// ---- the end

bool Worker::Impl::told_to_stop() const {
    const std::lock_guard lock(mutex);
    return stopping || !failure.empty();
}

/// One step on the way out; true when nothing is left to do.
bool Worker::Impl::leave() {
    if (session == 0) return true;
    const bool failed = [this] {
        const std::lock_guard lock(mutex);
        return !failure.empty();
    }();
    if (!failed && !std::exchange(said_bye, true)) {
        leave_until = Clock::now() + options.patience;
        say(Bye{false});
    }
    if (failed || Clock::now() >= leave_until) {
        say(Bye{true});
        return true;
    }
    return no_more && held.empty();
}

void Worker::Impl::stop() {
    const std::lock_guard one_at_a_time(stop_mutex);
    if (!thread.joinable()) return;
    {
        const std::lock_guard lock(mutex);
        stopping = true;
    }
    wake.ring();
    thread.join();
}

// ---- everybody's

Worker::Worker(std::shared_ptr<zmq::context_t> context, const std::shared_ptr<const Model>& model,
               const std::string& model_name, WorkerOptions options)
    : impl_(std::make_unique<Impl>(std::move(context), model, model_name, std::move(options))) {}

Worker::~Worker() {
    stop();
}

void Worker::stop() {
    impl_->stop();
}

bool Worker::ended(std::chrono::milliseconds wait) const {
    std::unique_lock lock(impl_->mutex);
    return impl_->ended.wait_for(lock, wait, [this] { return impl_->over; });
}

std::string Worker::failure() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->failure;
}

const ModelFacts& Worker::model() const {
    return impl_->model;
}

WorkerFacts Worker::facts() const {
    const std::lock_guard lock(impl_->mutex);
    return {impl_->options.name, impl_->pipeline.device(), impl_->credits(), impl_->jobs};
}

}  // namespace emulsion::serve
