// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/serve/gateway.h"

#include <emulsion/error.h>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "apps/serve/keys.h"
#include "apps/serve/wire.h"
#include "apps/serve/zap.h"
#include "data/files.h"

namespace emulsion::serve {
namespace {

using Clock = std::chrono::steady_clock;

void require_keys(const GatewayOptions& options) {
    if (!options.keys.empty() || options.insecure || is_local(options.endpoint)) return;
    throw Error(Error::Kind::usage,
                one_line(options.endpoint +
                         ": others can reach it, so it needs keys (`emulsion keys DIR`, then --keys "
                         "DIR); --insecure goes without"));
}

}  // namespace

struct Gateway::Impl {
    Impl(std::shared_ptr<zmq::context_t> shared, GatewayOptions wanted)
        : options(std::move(wanted)),
          context(std::move(shared)),
          socket(*context, zmq::socket_type::router),
          dispatcher(options.dispatch, options.log, Clock::now()) {
        listen();
        thread = std::thread([this] { run(); });
    }

    void listen();
    void run() noexcept;
    void serve();
    void take_messages();
    void flush();
    bool deliver(Dispatcher::Parcel&);
    void answer(std::vector<Dispatcher::Finished>) const noexcept;
    void warn(const std::string&) const noexcept;
    void stop(std::chrono::milliseconds patience);

    const GatewayOptions options;
    const std::shared_ptr<zmq::context_t> context;  // outlives the sockets
    zmq::socket_t socket;                           // the thread's, once it runs
    std::optional<KeyKeeper> keeper;
    std::string endpoint;
    Wake wake;

    mutable std::mutex mutex;
    Dispatcher dispatcher;  // under the mutex; what it hands out is dealt with outside
    bool closing = false;
    std::condition_variable settled;  // no job is left, or the thread has ended
    bool over = false;
    std::string failure;

    std::mutex stop_mutex;  // one stop() after the other
    std::thread thread;
};

void Gateway::Impl::listen() {
    require_keys(options);
    prepare(socket, options.endpoint);
    socket.set(zmq::sockopt::router_mandatory, true);
    socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(most_frame_bytes));
    if (!options.keys.empty()) {
        use_server_key(socket, options.keys);
        keeper.emplace(*context, options.keys, options.log);
    }
    try {
        socket.bind(options.endpoint);
    } catch (const zmq::error_t& error) {
        throw Error(Error::Kind::failure,
                    one_line(options.endpoint + ": workers cannot be awaited there: " + error.what()));
    }
    endpoint = socket.get(zmq::sockopt::last_endpoint);
}

// ---- the thread

void Gateway::Impl::run() noexcept {
    std::string why;
    try {
        serve();
    } catch (const std::exception& error) {
        why = one_line(std::string("the gateway has failed: ") + error.what());
        warn(why);
    }
    std::vector<Dispatcher::Finished> rest;
    {
        const std::lock_guard lock(mutex);
        failure = why;
        dispatcher.give_up();
        rest = dispatcher.take_finished();
        over = true;
    }
    answer(std::move(rest));
    settled.notify_all();
    // Closing frees the endpoint only later; another gateway may want it at once.
    zmq_unbind(socket.handle(), endpoint.c_str());
    socket.close();
}

void Gateway::Impl::serve() {
    std::vector<zmq::pollitem_t> items = {{socket.handle(), 0, ZMQ_POLLIN, 0}, wake.item()};
    if (keeper) items.push_back(keeper->item());
    while (true) {
        flush();
        Clock::time_point until;
        {
            const std::lock_guard lock(mutex);
            if (closing) break;
            until = dispatcher.wake_up(Clock::now());
        }
        poll(items, until);
        wake.clear();
        if (keeper) keeper->answer();
        take_messages();
        const std::lock_guard lock(mutex);
        dispatcher.tick(Clock::now());
    }
    flush();
}

void Gateway::Impl::take_messages() {
    // The peer's name, and what it says: a frame, of which a worker never sends more than one.
    constexpr std::size_t most = 2, at_a_time = 256;
    std::vector<zmq::message_t> frames;
    for (std::size_t i = 0; i < at_a_time && receive(socket, most, frames); ++i) {
        const std::vector<Frame> all = views(frames);
        Read<FromWorker> read = read_from_worker(std::span(all).subspan(1));
        const std::lock_guard lock(mutex);
        dispatcher.receive(frames[0].to_string(), std::move(read), Clock::now());
    }
}

/// Sends and answers whatever there is, which may bring up more.
void Gateway::Impl::flush() {
    while (true) {
        std::unique_lock lock(mutex);
        std::vector<Dispatcher::Parcel> parcels = dispatcher.take_parcels();
        std::vector<Dispatcher::Finished> finished = dispatcher.take_finished();
        if (dispatcher.idle() && finished.empty()) settled.notify_all();
        lock.unlock();
        if (parcels.empty() && finished.empty()) return;
        answer(std::move(finished));
        for (Dispatcher::Parcel& parcel : parcels) {
            const bool sent = deliver(parcel);
            lock.lock();
            if (sent)
                dispatcher.sent(parcel);
            else
                dispatcher.unreachable(parcel.to, Clock::now());
            lock.unlock();
        }
    }
}

bool Gateway::Impl::deliver(Dispatcher::Parcel& parcel) {
    if (auto* const job = std::get_if<GivenJob>(&parcel.message))
        job->left = std::chrono::floor<std::chrono::milliseconds>(parcel.deadline - Clock::now());
    std::vector<zmq::message_t> frames;
    frames.emplace_back(parcel.to);
    frames.push_back(copied_frame(write_message(parcel.session, parcel.message)));
    if (parcel.photo) frames.push_back(shared_frame(std::move(parcel.photo)));
    return send(socket, std::move(frames));
}

// ---- everybody's

/// Whoever asks for one photo must not be able to end it for all.
void Gateway::Impl::answer(std::vector<Dispatcher::Finished> finished) const noexcept {
    for (Dispatcher::Finished& each : finished) {
        try {
            each.done(std::move(each.answer));
        } catch (const std::exception& error) {
            warn(one_line(std::string("an answer was not taken: ") + error.what()));
        }
    }
}

void Gateway::Impl::warn(const std::string& what) const noexcept {
    try {
        if (options.log) options.log(LogLevel::warning, what);
    } catch (const std::exception&) {
        return;  // there is nobody else to tell
    }
}

void Gateway::Impl::stop(std::chrono::milliseconds patience) {
    const std::lock_guard one_at_a_time(stop_mutex);
    if (!thread.joinable()) return;
    {
        std::unique_lock lock(mutex);
        dispatcher.stop_taking();
        wake.ring();
        settled.wait_for(lock, patience, [this] { return over || dispatcher.idle(); });
        dispatcher.give_up();
        closing = true;
        wake.ring();
    }
    thread.join();
}

Gateway::Gateway(std::shared_ptr<zmq::context_t> context, GatewayOptions options)
    : impl_(std::make_unique<Impl>(std::move(context), std::move(options))) {}

Gateway::~Gateway() {
    stop(std::chrono::milliseconds(0));
}

void Gateway::submit(Job job, std::function<void(Answer)> done) {
    std::vector<Dispatcher::Finished> finished;
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->dispatcher.submit(std::move(job), std::move(done), Clock::now());
        finished = impl_->dispatcher.take_finished();
    }
    impl_->answer(std::move(finished));
    impl_->wake.ring();
}

BackendState Gateway::state() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->dispatcher.state();
}

void Gateway::stop(std::chrono::milliseconds patience) {
    impl_->stop(patience);
}

std::string Gateway::failure() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->failure;
}

const std::string& Gateway::endpoint() const {
    return impl_->endpoint;
}

}  // namespace emulsion::serve
