// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A worker without a net, that does what a test says: the other side of a gateway's socket.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "apps/serve/gateway.h"
#include "apps/serve/protocol.h"

namespace emulsion::test {

/// How long a test waits for what must come: the machine may be slow, and nothing is gained by a short time.
inline constexpr std::chrono::seconds long_enough{60};

/// What the gateway said to it.
struct Heard {
    std::uint64_t session = 0;
    serve::FromGateway message;
    std::string photo;  ///< of a job
};

class FakeWorker {
   public:
    /// `prepare` sets keys and the like.
    FakeWorker(zmq::context_t&, const std::string& endpoint,
               const std::function<void(zmq::socket_t&)>& prepare = {});

    void say(const serve::FromWorker&);
    void say_raw(const std::vector<std::string>& frames);
    void join(int credits, char model = 'a', const std::string& name = "fake");
    void answer(std::uint64_t job, double probability = 0.5);

    /// The next message; none if the time is over.
    std::optional<Heard> hear(std::chrono::milliseconds wait = long_enough);
    /// The next of this kind; others are passed over, and in between it is heard from.
    template <class Message>
    std::optional<Message> next(std::chrono::milliseconds wait = long_enough) {
        const auto until = std::chrono::steady_clock::now() + wait;
        while (true) {
            const auto left =
                std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
            std::optional<Heard> heard = hear(std::max(left, std::chrono::milliseconds(0)));
            if (!heard) return std::nullopt;
            if (auto* const message = std::get_if<Message>(&heard->message)) {
                last_photo = heard->photo;
                return std::move(*message);
            }
            say(serve::Heartbeat{});
        }
    }

    std::uint64_t session = 0;
    std::string last_photo;

   private:
    zmq::socket_t socket_;
};

/// The answers to numbered jobs, waited for.
class Answers {
   public:
    std::function<void(serve::Answer)> slot(int id);
    /// Until so many jobs have one; false if that takes too long.
    bool wait(std::size_t jobs, std::chrono::milliseconds most = long_enough);
    /// Of each job, all that came: exactly one, if all is well.
    std::map<int, std::vector<serve::Answer>> all() const;
    serve::Answer one(int id) const;

   private:
    mutable std::mutex mutex_;
    std::condition_variable came_;
    std::map<int, std::vector<serve::Answer>> answers_;
};

serve::Job job_of(const std::string& photo, std::chrono::milliseconds left = std::chrono::hours(1),
                  serve::Task task = serve::Task::score);

}  // namespace emulsion::test
